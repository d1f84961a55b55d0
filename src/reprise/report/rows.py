"""Verdict rows from the verdict table."""

from dataclasses import fields
from typing import Any, get_type_hints

import pandas as pd

from reprise.report.model import VerdictRow


def verdict_rows(frame: pd.DataFrame) -> tuple[VerdictRow, ...]:
    """One row per line of ``verdicts.csv``, in its order; empty cells become empty texts.

    Raises:
        ValueError: a column is missing, or a verdict is none of the four.
    """
    types = get_type_hints(VerdictRow)
    names = [field.name for field in fields(VerdictRow)]
    if missing := [name for name in names if name not in frame.columns]:
        raise ValueError(f"the verdict table lacks the columns {', '.join(missing)}")
    return tuple(
        VerdictRow(**{name: _cell(record[name], types[name]) for name in names})
        for record in frame[names].to_dict("records")
    )


def _cell(value: Any, kind: type) -> Any:
    if kind is float:
        return float("nan") if value == "" else float(value)
    if isinstance(value, float):
        # A column of numbers with empty cells was read as floats: 80 must not become 80.0.
        return "" if pd.isna(value) else f"{value:.12g}"
    return "" if pd.isna(value) else str(value)
