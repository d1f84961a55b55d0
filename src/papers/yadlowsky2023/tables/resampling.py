"""Squared errors by key to rows, and how unlike two curves of them are."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from reprise.stats.resampling import band, means

SAME = 0.2
"""Errors that differ by less than this share count as equal, or by less than a tolerance."""
TINY = 1e-12
"""Stands for zero where it divides."""


def unlike(
    value: Float[np.ndarray, "resample n"],
    reference: Float[np.ndarray, "resample n"],
    tolerance: float,
) -> Float[np.ndarray, " resample"]:
    """The largest difference over n, in units of what counts as equal."""
    return (np.abs(value - reference) / np.maximum(SAME * reference, tolerance)).max(axis=1)


def largest_fall(errors: Float[np.ndarray, "resample n"]) -> float:
    """The largest fall from one column to the next, in standard errors."""
    steps = np.diff(errors, axis=1)
    return float((-steps[0] / np.maximum(steps[1:].std(axis=0), TINY)).max())


def errors_frame(
    errors: Mapping[Any, Float[np.ndarray, "prompt n"]], names: Iterable[str]
) -> pd.DataFrame:
    """Squared errors by key (a tuple) to rows: its parts under ``names``, ``n`` and statistics.

    ``mse`` with its band ``low``, ``high``, and ``median`` over prompts, for heavy tails.
    """
    columns = list(names)
    parts = []
    for key, values in errors.items():
        mse, low, high = band(means(values))
        frame = pd.DataFrame(
            {"n": range(len(mse)), "mse": mse, "low": low, "high": high}
            | {"median": np.median(values, axis=0)}
        )
        for place, (name, part) in enumerate(zip(columns, key, strict=True)):
            frame.insert(place, name, part)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)
