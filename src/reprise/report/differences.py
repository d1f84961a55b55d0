"""Differences in words, and as plain values."""

import math
from typing import Any

from reprise.provenance.changes import VerdictPair
from reprise.provenance.comparison import Difference, Tolerance

NAMES = {"equal": "equal within tolerance"}
"""Status -> what it is called, where that is not its own name."""


def tolerance_text(tolerance: Tolerance) -> str:
    """The tolerance in words."""
    return f"Tolerance: relative {tolerance.relative:g}, absolute {tolerance.absolute:g}."


def difference_text(difference: Difference) -> str:
    """How far apart, and where: one line."""
    parts = list(difference.notes)
    if difference.cells:
        columns = ", ".join(difference.columns[:4])
        more = f" and {len(difference.columns) - 4} more" if len(difference.columns) > 4 else ""
        rows = f", {difference.rows} rows" if difference.rows else ""
        parts.append(f"{difference.cells} cells{rows} in {columns}{more}")
    if difference.largest_absolute is not None:
        relative = difference.largest_relative or 0.0
        parts.append(
            f"largest difference {difference.largest_absolute:.3g} (relative {relative:.3g})"
        )
    return "; ".join(parts)


def verdict_text(pair: VerdictPair) -> str:
    """A claim that is judged in another way."""
    statistics = f"{_short(pair.statistic_before)} -> {_short(pair.statistic_after)}"
    return f"{pair.claim}: {pair.before or 'absent'} -> {pair.after or 'absent'} ({statistics})"


def difference_json(difference: Difference) -> dict[str, Any]:
    """A difference as plain values."""
    return {
        "status": difference.status,
        "notes": list(difference.notes),
        "cells": difference.cells,
        "rows": difference.rows,
        "columns": list(difference.columns),
        "largest_absolute": _finite(difference.largest_absolute),
        "largest_relative": _finite(difference.largest_relative),
        "places": [vars(cell) for cell in difference.places],
    }


def _short(text: str | None) -> str:
    try:
        return f"{float(text or ''):.6g}"
    except ValueError:
        return text or "–"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
