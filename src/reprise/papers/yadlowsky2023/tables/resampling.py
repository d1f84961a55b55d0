"""Means over prompts with their bootstrap, the same resamples for everything that is compared."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

RESAMPLES = 1000
ENDS = 0.05, 0.95
"""A band holds nine tenths of the resamples (Garg et al. 2022)."""
SAME = 0.2
"""Errors that differ by less than this share count as equal, or by less than a tolerance."""
TINY = 1e-12
"""Stands for zero where it divides."""


def means(
    errors: Float[np.ndarray, "prompt ..."], seed: int = 0
) -> Float[np.ndarray, "resample ..."]:
    """Means over prompts: first that of the sample, then those of ``RESAMPLES`` resamples.

    The resamples depend on the number of prompts alone, so that differences between models on the
    same prompts are resampled in pairs.
    """
    count = len(errors)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    shares = np.concatenate([np.ones((1, count)), drawn]) / count
    return (shares @ errors.reshape(count, -1)).reshape(-1, *errors.shape[1:])


def band(resampled: Float[np.ndarray, "resample ..."]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sample's value and both ends of its band, from values of ``means``."""
    low, high = np.quantile(resampled[1:], ENDS, axis=0)
    return resampled[0], low, high


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


def summary_frame(
    quantities: Mapping[str, Mapping[str, Any]],
) -> pd.DataFrame:
    """Source -> quantity -> resampled values (or one number) to ``source`` .. ``high``."""
    rows = []
    for source, found in quantities.items():
        for quantity, values in found.items():
            if np.ndim(values):
                value, low, high = band(np.asarray(values))
                rows.append((source, quantity, float(value), float(low), float(high)))
            else:
                rows.append((source, quantity, float(values), np.nan, np.nan))
    return pd.DataFrame(rows, columns=["source", "quantity", "value", "low", "high"])
