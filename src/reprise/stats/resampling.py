"""Means over prompts or sequences with their bootstrap, the same resamples for all compared."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

RESAMPLES = 1000
ENDS = 0.05, 0.95
"""A band holds nine tenths of the resamples (Garg et al. 2022)."""


def means(
    errors: Float[np.ndarray, "prompt ..."], seed: int = 0
) -> Float[np.ndarray, "resample ..."]:
    """Means over prompts: first that of the sample, then those of ``RESAMPLES`` resamples.

    The resamples depend on the number of prompts alone, so that differences between models on the
    same prompts are resampled in pairs.
    """
    count = len(errors)
    return (_shares(count, seed) @ errors.reshape(count, -1)).reshape(-1, *errors.shape[1:])


@lru_cache(maxsize=2)
def _shares(count: int, seed: int) -> Float[np.ndarray, "resample prompt"]:
    """What every prompt counts in each mean; drawing takes far longer than the means do."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return np.concatenate([np.ones((1, count)), drawn]) / count


def band(resampled: Float[np.ndarray, "resample ..."]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sample's value and both ends of its band, from values of ``means``."""
    low, high = np.quantile(resampled[1:], ENDS, axis=0)
    return np.asarray(resampled[0]), np.asarray(low), np.asarray(high)


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
