"""What the claims on Figures 1 and 2 are judged by, for the networks and for exact Bayes."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.linear import (
    CLASSES,
    Prompts,
    bayes_predictions,
    by_seed,
    fitted_noise,
    network_predictions,
)
from papers.yadlowsky2023.tables.resampling import unlike
from papers.yadlowsky2023.theory.lasso import lasso
from papers.yadlowsky2023.theory.least_squares import min_norm
from papers.yadlowsky2023.theory.linear_bayes import NOISE_FREE
from reprise.results import Inputs
from reprise.stats.intervals import frame, means

Curve = np.ndarray
"""Mean squared errors [resample, n], the first row that of all prompts."""

COMMON = 0.25
"""From this share of dense functions on, the stricter bound of Figure 2a holds."""


class Setting(NamedTuple):
    """Where curves are read; ``tolerance`` is that of the claims at this scale."""

    dims: int
    tolerance: float
    fixed: tuple[int, ...]
    """Numbers of examples at which Figure 1 is read; its ends at the first."""
    lasso_from: int
    """From here on errors on sparse functions are near the lasso's."""
    gate: tuple[int, ...]
    """Where the sparse-only network has to reach the lasso."""


class References(NamedTuple):
    """Estimators that know nothing of the mixture."""

    dense_least_squares: Curve
    sparse_least_squares: Curve
    sparse_lasso: Curve


def linear_summary(inputs: Inputs) -> pd.DataFrame:
    """What Figures 1 and 2 claim, of networks, bayes and bayes_tolerant (``source``).

    ``source``, ``seed``, ``quantity``, ``value``, ``low``, ``high``. Intervals are over prompts,
    whose resamples all models share. A seed's row compares its mixtures with the specialists
    of that seed. Params: ``tolerance``, ``fixed_examples``, ``lasso_from``, ``gate_examples``.
    Quantities: see ``quantities``.
    """
    (data,) = inputs.datasets.values()
    networks = {label: network_predictions(inputs, data, label) for label in CLASSES}
    weights = sorted({weight for weight, _ in networks["dense"]})
    fitted = fitted_noise(data, networks)
    own = {label: by_seed(networks[label]) for label in CLASSES}
    sources: dict[tuple[str, float], dict[str, dict[float, np.ndarray]]] = {
        ("network", seed): {label: own[label][seed] for label in CLASSES} for seed in own["dense"]
    }
    for source, noise in (("bayes", NOISE_FREE), ("bayes_tolerant", fitted)):
        sources[source, np.nan] = {c: bayes_predictions(data, c, weights, noise) for c in CLASSES}
    known, where = references(data), setting(inputs, data)
    found: dict[tuple[str, float, str], Any] = {}
    for key, by in sources.items():
        dense, sparse = (
            {w: means((p - data[f"{c}_y"]) ** 2) for w, p in by[c].items()} for c in CLASSES
        )
        found |= {(*key, q): v for q, v in quantities(dense, sparse, known, where).items()}
    found["bayes_tolerant", np.nan, "effective_noise"] = fitted
    return frame(found, ["source", "seed", "quantity"])


def references(data: Prompts) -> References:
    """Least squares on both classes and the lasso on the sparse one."""
    x = data["inputs"]
    dense, sparse = data["dense_y"], data["sparse_y"]
    return References(
        means((min_norm(x, dense) - dense) ** 2),
        means((min_norm(x, sparse) - sparse) ** 2),
        means((lasso(x, sparse)[0] - sparse) ** 2),
    )


def setting(inputs: Inputs, data: Prompts) -> Setting:
    """What the table's params say."""
    p = inputs.params
    return Setting(
        data["inputs"].shape[2],
        float(p["tolerance"]),
        tuple(int(n) for n in p["fixed_examples"]),
        int(p["lasso_from"]),
        tuple(int(n) for n in p["gate_examples"]),
    )


def quantities(
    dense: dict[float, Curve], sparse: dict[float, Curve], known: References, where: Setting
) -> dict[str, Curve]:
    """Every quantity of Figures 1 and 2, resampled.

    ``*_tolerances``: a difference over what counts as equal, see ``unlike``.
    """
    d, tolerance = where.dims, where.tolerance
    mixtures = [w for w in dense if 0 < w < 1]
    common = [w for w in mixtures if w >= COMMON]
    rare = [w for w in mixtures if w < COMMON]
    fixed, first = list(where.fixed), where.fixed[0]
    gaps = {w: dense[w] - dense[1.0] for w in mixtures}
    after = slice(where.lasso_from, None)
    gate_n = [d // 2, 2 * d]
    found = {
        "gate_dense_tolerances": unlike(
            dense[1.0][:, gate_n], known.dense_least_squares[:, gate_n], tolerance
        ),
        "gate_sparse_excess": (sparse[0.0] - known.sparse_lasso)[:, list(where.gate)].max(axis=1)
        / tolerance,
        "fig1_dense_tolerances": _most(
            unlike(dense[w][:, fixed], dense[1.0][:, fixed], tolerance) for w in mixtures
        ),
        "fig1_sparse_tolerances": _most(
            unlike(sparse[w][:, fixed], sparse[0.0][:, fixed], tolerance) for w in mixtures
        ),
        "fig1_sparse_ratio": sparse[1.0][:, first] / sparse[0.0][:, first],
        "fig2a_gap": _most(gaps[w][:, 2:].max(axis=1) for w in common),
        "fig2a_gap_rare": _most(gaps[w][:, 2:].max(axis=1) for w in rare),
        "fig2a_gap_growth": _most(g[:, 2 * d] - g[:, d // 4] for g in gaps.values()),
        "fig2a_sparse_only_least": dense[0.0][:, : d + 1].min(axis=1),
        "fig2b_tolerances": _most(
            unlike(sparse[w][:, 6:], sparse[0.0][:, 6:], tolerance) for w in mixtures
        ),
        "fig2b_share_of_least_squares": _most(
            sparse[w][:, first] / known.sparse_least_squares[:, first] for w in mixtures
        ),
        "fig2b_from_lasso": _most(
            np.abs(sparse[w] - known.sparse_lasso)[:, after].max(axis=1) for w in mixtures
        ),
        # Least squares on the same prompts has the expectation max(0, 1 - n / d) exactly.
        "fig2b_dense_only_deviation": np.abs(sparse[1.0] - known.sparse_least_squares).max(axis=1),
    }
    gates = found["gate_dense_tolerances"], found["gate_sparse_excess"]
    return found | {"gate_tolerances": np.maximum(*gates)}


def _most(parts: Iterable[Curve]) -> Curve:
    """The largest over weights; NaN where there is none."""
    listed = list(parts)
    return np.max(listed, axis=0) if listed else np.array([np.nan, np.nan])
