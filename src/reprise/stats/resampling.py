"""Resampled means with their 95 % intervals; what is compared shares its resamples.

Axis order: the first axis of resampled values is the resample, and its first entry is the sample.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

RESAMPLES = 1000
ENDS = 0.025, 0.975


def means(
    errors: Float[np.ndarray, "prompt ..."], seed: int = 0
) -> Float[np.ndarray, "resample ..."]:
    """Means over prompts: first that of the sample, then those of ``RESAMPLES`` resamples.

    The resamples depend on the number of prompts alone, so that differences between models on the
    same prompts are resampled in pairs.
    """
    count = len(errors)
    return (_shares(count, seed) @ errors.reshape(count, -1)).reshape(-1, *errors.shape[1:])


def crossed_means(
    values: Float[np.ndarray, "..."], factors: int | None = None, seed: int = 0
) -> Float[np.ndarray, "resample ..."]:
    """Means over the first ``factors`` axes of ``values`` (None: all), whose levels are resampled.

    For trials that share their levels (every prompt with every order): resampling the trials one
    by one would count each shared level many times (Owen 2007, the pigeonhole bootstrap). Of n
    levels n - 1 are drawn, so that few of them do not make the interval too narrow (McCarthy and
    Snowden 1985). The resamples depend on ``seed`` and on the numbers of levels alone.
    """
    count = values.ndim if factors is None else factors
    drawn = [_levels(levels, (seed, axis)) for axis, levels in enumerate(values.shape[:count])]
    means = np.tensordot(drawn[0], values, axes=1)
    for shares in drawn[1:]:
        means = np.einsum("ri...,ri->r...", means, shares)
    return np.asarray(means)


@lru_cache(maxsize=64)
def _levels(count: int, seed: tuple[int, int]) -> Float[np.ndarray, "resample level"]:
    """What every level of a factor counts in each mean; that of one level is known."""
    draws = max(count - 1, 1)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(draws, np.full(count, 1 / count), size=RESAMPLES) / draws
    return np.concatenate([np.full((1, count), 1 / count), drawn])


@lru_cache(maxsize=4)
def _shares(count: int, seed: int) -> Float[np.ndarray, "resample prompt"]:
    """What every prompt counts in each mean; drawing takes far longer than the means do."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return np.concatenate([np.ones((1, count)), drawn]) / count


def band(resampled: Float[np.ndarray, "resample ..."]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sample's value and both ends of its interval; NaN ends for a value that is not finite.

    Resamples without a value (a share of no queries) are left out.
    """
    value, rest = np.asarray(resampled[0], float), np.asarray(resampled[1:], float)
    known = np.isfinite(value) & np.isfinite(rest).any(axis=0)
    if np.isfinite(rest).all():
        low, high = np.quantile(rest, ENDS, axis=0)
    else:
        # What is not known gets no ends below; zeros there keep NumPy from warning of it.
        finite = np.where(np.isfinite(rest), rest, np.nan)
        low, high = np.nanquantile(np.where(known, finite, 0.0), ENDS, axis=0)
    return value, np.where(known, low, np.nan), np.where(known, high, np.nan)


def frame(resampled: Mapping[Any, Any], names: Sequence[str]) -> pd.DataFrame:
    """Resampled values by key (a tuple) to its parts under ``names``, ``value``, ``low``, ``high``.

    One number in the place of resampled values has no interval.
    """
    rows = [(*key, *interval(values)) for key, values in resampled.items()]
    return pd.DataFrame(rows, columns=[*names, "value", "low", "high"])


def summary_frame(quantities: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Source -> quantity -> resampled values (or one number) to ``source`` .. ``high``."""
    rows = {(s, q): values for s, own in quantities.items() for q, values in own.items()}
    return frame(rows, ["source", "quantity"])


def interval(values: Any) -> tuple[float, float, float]:
    """Value, low and high of resampled values, or of one number, which has no interval."""
    if np.ndim(values):
        value, low, high = band(np.asarray(values, float))
        return float(value), float(low), float(high)
    return float(values), np.nan, np.nan
