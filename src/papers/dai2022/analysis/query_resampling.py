"""Statistics of resampled queries with 95 % intervals, which may be undefined on some resamples.

Axis order: the first axis of resampled values is the resample, and its first entry is the sample
(``resampling.means``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

ENDS = 0.025, 0.975


def interval(resampled: Float[np.ndarray, " resample"]) -> tuple[float, float, float]:
    """The sample's value and both ends of its 95 % interval.

    Resamples without a value (a share of no queries) are left out; a sample without one has none.
    """
    value = float(resampled[0])
    if not np.isfinite(value):
        return value, np.nan, np.nan
    known = resampled[1:][np.isfinite(resampled[1:])]
    if not known.size:
        return value, np.nan, np.nan
    low, high = np.quantile(known, ENDS)
    return value, float(low), float(high)


def frame(resampled: Mapping[Any, Any], names: Sequence[str]) -> pd.DataFrame:
    """Resampled values by key (a tuple) to its parts under ``names``, ``value``, ``low``, ``high``.

    One number in the place of resampled values has no interval.
    """
    rows = [(*key, *ends(values)) for key, values in resampled.items()]
    return pd.DataFrame(rows, columns=[*names, "value", "low", "high"])


def summary_frame(quantities: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Source -> quantity -> resampled values (or one number) to ``source`` .. ``high``."""
    rows = {(s, q): values for s, own in quantities.items() for q, values in own.items()}
    return frame(rows, ["source", "quantity"])


def ends(values: Any) -> tuple[float, float, float]:
    """``interval``, or one number without one."""
    if np.ndim(values):
        return interval(np.asarray(values, float))
    return float(values), np.nan, np.nan
