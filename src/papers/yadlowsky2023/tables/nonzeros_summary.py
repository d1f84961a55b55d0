"""What the claims on Figure 3 are judged by, for the networks and for exact Bayes."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.nonzeros import every
from papers.yadlowsky2023.tables.resampling import TINY, rank_correlation
from reprise.results import Inputs
from reprise.stats.intervals import frame, means

Curve = np.ndarray
"""Means over prompts [resample, m - 1], m = 1, 2, ... nonzero weights."""


class Setting(NamedTuple):
    """Where Figure 3 is read."""

    nonzeros: int
    """Of the sparse class in training; with so many or fewer a function is very sparse."""
    examples: int
    far: int
    """From so many nonzeros on a function is very dense (Figure 3a)."""
    far_distance: int
    """The same for Figure 3b."""
    between: int
    """A number of nonzeros at which both specialists are left."""


def nonzeros_summary(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``seed``, ``quantity``, ``value``, ``low``, ``high``; see ``quantities``.

    Params: ``examples`` (n at which all is read), ``far``, ``far_distance``, ``between``.
    """
    (data,) = inputs.datasets.values()
    params = {name: int(inputs.params[name]) for name in Setting._fields[1:]}
    where = Setting(int(data["nonzeros"][0]), **params)
    squares, noises = {}, {}
    for source, seed, noise, by_quantity in every(inputs, data):
        if source == "least_squares":
            continue
        squares[source, seed], noises[source] = by_quantity, noise
    found: dict[tuple[str, float, str], Any] = {}
    for key, by_quantity in squares.items():
        curves = {name: _at(values, where) for name, values in by_quantity.items()}
        found |= {(*key, q): v for q, v in quantities(curves, where).items()}
    found["bayes_tolerant", np.nan, "effective_noise"] = noises["bayes_tolerant"]
    return frame(found, ["source", "seed", "quantity"])


def quantities(curves: dict[str, Curve], where: Setting) -> dict[str, Curve]:
    """Every quantity of Figure 3, resampled, from curves by the names of ``nonzeros.sweep``.

    ``*_cross`` are in units of the number of nonzeros in training.
    """
    sparse, mixture, dense = (
        curves[f"error_{name}"] for name in ("sparse_only", "mixture", "dense_only")
    )
    to_dense, to_sparse = curves["distance_to_dense"], curves["distance_to_sparse"]
    better = np.minimum(sparse, dense)
    ends = np.r_[0 : where.nonzeros, where.far - 1 : sparse.shape[1]]
    middle = slice(where.nonzeros, where.far - 1)
    at = where.between - 1
    left = np.maximum(np.minimum(to_dense[:, at], to_sparse[:, at]), TINY)
    at_ends = np.maximum(to_sparse[:, where.nonzeros - 1], to_dense[:, -1])
    found = {
        "ends_excess": (mixture - 1.2 * better - 0.05)[:, ends].max(axis=1),
        "middle_over_better": (mixture - better)[:, middle].max(axis=1),
        "sparse_only_rank": _rises(sparse),
        "errors_cross": crossing(dense - sparse) / where.nonzeros,
        "near_sparse": to_sparse[:, : where.nonzeros].max(axis=1),
        "near_dense": to_dense[:, where.far_distance - 1 :].max(axis=1),
        "distances_cross": crossing(to_dense - to_sparse) / where.nonzeros,
        "between": left,
        "between_ratio": left / np.maximum(at_ends, TINY),
    }
    apart = curves.get("distance_of_seeds", np.full_like(mixture, np.nan))
    return found | {"seeds_over_between": apart[:, at] / left}


def _rises(curve: Curve) -> np.ndarray:
    """Rank correlation of a curve with the number of nonzeros."""
    return rank_correlation(
        curve.T, np.broadcast_to(np.arange(curve.shape[1])[:, None], curve.T.shape)
    )


def crossing(difference: Curve) -> Curve:
    """The number of nonzeros at which ``difference`` [resample, m - 1] first falls to 0.

    Interpolated between whole numbers; 1 where it begins below, the last where it never falls.
    """
    found = np.where(difference[:, 0] > 0, float(difference.shape[1]), 1.0)
    for row, values in enumerate(difference):
        falls = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
        if values[0] > 0 and len(falls):
            m = falls[0]
            found[row] = m + 1 + values[m] / (values[m] - values[m + 1])
    return found


def _at(squares: np.ndarray, where: Setting) -> Curve:
    return means(squares[:, :, where.examples].T)
