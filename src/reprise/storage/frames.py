"""Data frames as CSV with deterministic bytes. Apart from tensors: who verifies needs no pandas."""

from typing import IO

import pandas as pd


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """``frame`` without its index, as UTF-8 CSV; floats in shortest exact form, Unix newlines."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


def parse_csv(file: IO[bytes]) -> pd.DataFrame:
    """Parse a CSV of ours; floats come back bit for bit, text is never guessed to be missing."""
    return pd.read_csv(file, keep_default_na=False, na_values=[""])
