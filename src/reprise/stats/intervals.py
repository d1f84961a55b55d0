"""Intervals of 95 %: exact for shares, over networks by Student's t, over data by resampling."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.special import betaincinv, stdtrit

Interval = tuple[float, float]

_STATISTICS: dict[str, Callable[..., np.ndarray]] = {"mean": np.mean, "median": np.median}
_BLOCK = 2**22
"""Values resampled at a time, which bounds the memory at 32 MiB."""


def binomial_interval(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Exact (Clopper-Pearson) interval of a share, ``successes`` out of ``trials``.

    Raises ValueError for ``trials`` < 1, ``successes`` outside 0..trials or level outside (0, 1).
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"need 0 <= successes <= trials and trials >= 1, got {successes}/{trials}")
    tail = _tail(level)
    low = betaincinv(successes, trials - successes + 1, tail) if successes else 0.0
    high = betaincinv(successes + 1, trials - successes, 1 - tail) if successes < trials else 1.0
    return float(low), float(high)


def bootstrap_interval(
    values: Sequence[float] | np.ndarray,
    statistic: Literal["mean", "median"],
    level: float = 0.95,
    seed: int = 0,
    resamples: int = 2000,
) -> Interval:
    """Percentile bootstrap interval of the mean or median of ``values`` [n].

    The ends are statistics that occurred among the resamples, so infinite values need no
    arithmetic; NaN anywhere gives (NaN, NaN). Raises ValueError for no values, an unknown
    statistic or a level outside (0, 1).
    """
    values = np.asarray(values, float).ravel()
    if values.size == 0:
        raise ValueError("a bootstrap interval needs one or more values")
    if statistic not in _STATISTICS:
        raise ValueError(f"statistic must be one of {sorted(_STATISTICS)}, got {statistic!r}")
    tail = _tail(level)
    if np.isnan(values).any():
        return np.nan, np.nan
    rng = np.random.default_rng(seed)
    rows = max(1, _BLOCK // values.size)
    found = [
        _STATISTICS[statistic](
            values[rng.integers(0, values.size, (min(rows, resamples - start), values.size))],
            axis=1,
        )
        for start in range(0, resamples, rows)
    ]
    ordered = np.sort(np.concatenate(found))
    low = int(np.floor(tail * (resamples - 1)))
    return float(ordered[low]), float(ordered[resamples - 1 - low])


def networks_interval(
    values: Float[np.ndarray, " network"],
    ends: Float[np.ndarray, "network 2"] | None = None,
    level: float = 0.95,
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
        half = float(np.hypot(half, error * -stdtrit(count - 1, _tail(level))))
    middle = float(values.mean())
    return middle - half, middle + half


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return (1 - level) / 2
