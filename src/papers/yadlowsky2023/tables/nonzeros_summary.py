"""What the claims on Figure 3 are judged by, for the networks and for exact Bayes."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.nonzeros import every
from papers.yadlowsky2023.tables.resampling import TINY, largest_fall
from reprise.results import Inputs
from reprise.stats.resampling import means, summary_frame

Curve = np.ndarray
"""Means over prompts [resample, m - 1], m = 1, 2, ... nonzero weights."""

SPARSE_END = 2
"""Up to so many nonzeros a function is very sparse: that of the training class."""


class Setting(NamedTuple):
    """Where Figure 3 is read."""

    examples: int
    far: int
    """From so many nonzeros on a function is very dense (Figure 3a)."""
    far_distance: int
    """The same for Figure 3b."""
    between: int
    """A number of nonzeros at which both specialists are left."""


def nonzeros_summary(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``quantity``, ``value``, ``low``, ``high``; quantities: see ``quantities``.

    Params: ``examples`` (n at which all is read), ``far``, ``far_distance``, ``between``.
    """
    (data,) = inputs.datasets.values()
    where = Setting(**{name: int(inputs.params[name]) for name in Setting._fields})
    dims = data["inputs"].shape[2]
    squares, noises = {}, {}
    for source, noise, by_quantity in every(inputs, data):
        squares[source], noises[source] = by_quantity, noise
    least = _at(squares.pop("least_squares")["error"], where)
    expected = max(0.0, 1 - where.examples / dims)
    found: dict[str, dict[str, Any]] = {}
    for source, by_quantity in squares.items():
        curves = {name: _at(values, where) for name, values in by_quantity.items()}
        # Least squares on the same prompts has a known expectation, and nearly the same chance.
        curves["dense_only_flat"] = curves["error_dense_only"] - least + expected
        found[source] = dict(quantities(curves, where))
        fall = largest_fall(curves["error_sparse_only"])
        found[source]["sparse_only_largest_fall"] = fall
    found["network"]["effective_noise"] = noises["bayes_tolerant"]
    return summary_frame(found)


def quantities(curves: dict[str, Curve], where: Setting) -> dict[str, Curve]:
    """Every quantity of Figure 3, resampled, from curves by the names of ``nonzeros.sweep``."""
    sparse, mixture, dense = (
        curves[f"error_{name}"] for name in ("sparse_only", "mixture", "dense_only")
    )
    to_dense, to_sparse = curves["distance_to_dense"], curves["distance_to_sparse"]
    better, worse = np.minimum(sparse, dense), np.maximum(sparse, dense)
    ends = np.r_[0:SPARSE_END, where.far - 1 : sparse.shape[1]]
    middle = slice(SPARSE_END, where.far - 1)
    at = where.between - 1
    left = np.minimum(to_dense[:, at], to_sparse[:, at])
    at_ends = np.maximum(to_sparse[:, SPARSE_END - 1], to_dense[:, -1])
    flat = curves["dense_only_flat"]
    found = {
        "ends_excess": (mixture - 1.2 * better - 0.05)[:, ends].max(axis=1),
        "middle_over_worse": (mixture - worse)[:, middle].max(axis=1),
        "middle_over_better": (mixture - better)[:, middle].max(axis=1),
        "dense_only_spread": np.abs(flat - flat.mean(axis=1, keepdims=True)).max(axis=1),
        "errors_cross": crossing(dense - sparse),
        "near_sparse": to_sparse[:, :SPARSE_END].max(axis=1),
        "near_dense": to_dense[:, where.far_distance - 1 :].max(axis=1),
        "distances_cross": crossing(to_dense - to_sparse),
        "between": left,
        "between_ratio": left / np.maximum(at_ends, TINY),
    }
    if "distance_of_seeds" in curves:
        found["seeds_over_between"] = curves["distance_of_seeds"][:, at] / np.maximum(left, TINY)
    return found


def crossing(difference: Curve) -> Curve:
    """The number of nonzeros at which ``difference`` [resample, m - 1] first falls to 0.

    Interpolated between whole numbers; NaN where it does not cross.
    """
    found = np.full(len(difference), np.nan)
    for row, values in enumerate(difference):
        falls = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
        if len(falls):
            m = falls[0]
            found[row] = m + 1 + values[m] / (values[m] - values[m + 1])
    return found


def _at(squares: np.ndarray, where: Setting) -> Curve:
    return means(squares[:, :, where.examples].T)
