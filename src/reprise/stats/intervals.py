"""Intervals of 95 %: exact for shares, over networks by Student's t, over data by resampling."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.special import betaincinv, stdtrit

Interval = tuple[float, float]

_STATISTICS: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "median": np.median}
_BLOCK = 2**22
"""Values resampled at a time, which bounds the memory at 32 MiB."""
_BOOTSTRAPS = 2000
ENDS = 0.025, 0.975
"""Quantiles at the ends of an interval."""


def binomial_interval(successes: int, trials: int) -> Interval:
    """Exact (Clopper-Pearson) interval of a share, ``successes`` out of ``trials``.

    Raises ValueError for ``trials`` < 1 or ``successes`` outside 0..trials.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"need 0 <= successes <= trials and trials >= 1, got {successes}/{trials}")
    low = betaincinv(successes, trials - successes + 1, ENDS[0]) if successes else 0.0
    high = betaincinv(successes + 1, trials - successes, ENDS[1]) if successes < trials else 1.0
    return float(low), float(high)


def bootstrap_interval(
    values: Sequence[float] | np.ndarray, statistic: Literal["mean", "median"]
) -> Interval:
    """Percentile bootstrap interval of the mean or median of ``values`` [n].

    The ends are statistics that occurred among the resamples, so infinite values need no
    arithmetic; NaN anywhere gives (NaN, NaN). Raises ValueError for no values or an
    unknown statistic.
    """
    values = np.asarray(values, float).ravel()
    if values.size == 0:
        raise ValueError("a bootstrap interval needs one or more values")
    if statistic not in _STATISTICS:
        raise ValueError(f"statistic must be one of {sorted(_STATISTICS)}, got {statistic!r}")
    if np.isnan(values).any():
        return np.nan, np.nan
    rng = np.random.default_rng(0)
    rows = max(1, _BLOCK // values.size)
    found = [
        _STATISTICS[statistic](
            values[rng.integers(0, values.size, (min(rows, _BOOTSTRAPS - start), values.size))],
            axis=1,
        )
        for start in range(0, _BOOTSTRAPS, rows)
    ]
    ordered = np.sort(np.concatenate(found))
    low = int(np.floor(ENDS[0] * (_BOOTSTRAPS - 1)))
    return float(ordered[low]), float(ordered[_BOOTSTRAPS - 1 - low])


def networks_interval(
    values: Float[np.ndarray, " network"],
    ends: Float[np.ndarray, "network 2"] | None = None,
) -> Interval:
    """Interval of the mean of ``values``, one per network, all measured on the same data.

    Two errors are independent and add: that of the choice of networks (Student's t), and that of
    the data, told by ``ends``, the interval of each network's own value over data. With fewer than
    three networks the first is unknown and left out: the interval is over data alone, (NaN, NaN)
    without ``ends``. NaN ends count as no error of the data; values that are not finite have no
    interval.
    """
    values = np.asarray(values, float)
    half = 0.0
    known = ends is not None and not np.isnan(ends).all()
    if ends is not None and known:
        # The data are the same for all networks, so that their error does not shrink with more.
        half = float(np.nanmean(ends[:, 1] - ends[:, 0]) / 2)
    count = values.size
    if not np.isfinite(values).all() or not np.isfinite(half) or (count < 3 and not known):
        return np.nan, np.nan
    if count >= 3:
        error = float(values.std(ddof=1)) / np.sqrt(count)
        half = float(np.hypot(half, error * -stdtrit(count - 1, ENDS[0])))
    middle = float(values.mean())
    return middle - half, middle + half


RESAMPLES = 1000


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
