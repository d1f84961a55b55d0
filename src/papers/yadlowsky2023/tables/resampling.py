"""Squared errors by key to rows, and how unlike two curves of them are."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.stats import rankdata

from reprise.stats.intervals import band, means

SAME = 0.2
"""Errors that differ by less than this share count as equal, or by less than a tolerance."""
TINY = 1e-12
"""Stands for zero where it divides."""


def unlike(
    value: Float[np.ndarray, "resample n"],
    reference: Float[np.ndarray, "resample n"],
    tolerance: float,
) -> Float[np.ndarray, " resample"]:
    """The largest difference over n, in units of what counts as equal.

    That is 20 % of the reference or ``tolerance``, whichever is more: 1 or less is equal.
    """
    return (np.abs(value - reference) / np.maximum(SAME * reference, tolerance)).max(axis=1)


def rank_correlation(
    one: Float[np.ndarray, "place resample"], other: Float[np.ndarray, "place resample"]
) -> Float[np.ndarray, " resample"]:
    """Spearman's rank correlation over the first axis (ties share their mean rank)."""
    ranks = [rankdata(values, axis=0) for values in (one, other)]
    first, second = (r - r.mean(axis=0) for r in ranks)
    scale = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return (first * second).sum(axis=0) / np.maximum(scale, TINY)


def errors_frame(
    errors: Mapping[Any, Float[np.ndarray, "prompt n"]], names: Iterable[str]
) -> pd.DataFrame:
    """Squared errors by key (a tuple) to rows: its parts under ``names``, ``n`` and statistics.

    ``mse`` with its interval over prompts, ``low`` and ``high``.
    """
    columns = list(names)
    parts = []
    for key, values in errors.items():
        mse, low, high = band(means(values))
        frame = pd.DataFrame({"n": range(len(mse)), "mse": mse, "low": low, "high": high})
        for place, (name, part) in enumerate(zip(columns, key, strict=True)):
            frame.insert(place, name, part)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)
