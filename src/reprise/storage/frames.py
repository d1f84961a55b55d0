"""Data frames as CSV with deterministic bytes."""

import io
from pathlib import Path

import pandas as pd

from reprise.storage.atomic import write_text


def write_csv(path: Path, frame: pd.DataFrame) -> str:
    """Write ``frame`` without its index; floats in shortest exact form, ``\\n`` newlines. Returns sha256."""
    return write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV of ours; floats come back bit for bit, text is never guessed to be missing."""
    return pd.read_csv(
        io.BytesIO(path.read_bytes()),
        float_precision="round_trip",
        keep_default_na=False,
        na_values=[""],
        comment=None,
    )
