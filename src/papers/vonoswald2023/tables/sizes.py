"""Least squares against softmax kernel regression, from small to large states (Figures 5B, 20).

Both read the same sequences of 4 n_s tokens; ridge and inverse temperature are searched on other
sequences. Losses are divided by n_s.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from papers.vonoswald2023.spec import LinearDynamics
from papers.vonoswald2023.tables.networks import losses as squared_losses
from papers.vonoswald2023.tasks import linear_dynamics
from papers.vonoswald2023.theory.kernel_regression import kernel_losses, kernel_predictions
from papers.vonoswald2023.theory.sequence_ridge import ridge_losses, ridge_predictions
from reprise.results import Inputs
from reprise.stats.resampling import band, means, summary_frame

RIDGES = np.concatenate([np.linspace(1e-4, 10.0, 40), np.geomspace(10.0, 100.0, 9)[1:]])
"""The published grid, and on from its end, where the noisiest systems have their best."""
BETAS = np.concatenate([np.geomspace(1e-3, 0.1, 19), np.linspace(1e-4, 4.0, 40)])
"""The published grid, and between its first two points, where large states have their best."""

LENGTH_PER_DIM = 4


class Setting(NamedTuple):
    """One family of systems and how many sequences of it there are."""

    dims: int
    noise: float
    tuning: int
    sequences: int


def losses(inputs: Inputs) -> pd.DataFrame:
    """``noise``, ``n``, ``model``, ``loss`` (over n), ``low``, ``high`` and what was ``tuned``.

    ``model``: zero, kernel, least_squares, and of the latter two ``gap`` (difference) and
    ``ratio``. Params: ``noise`` (standard deviations), ``sizes`` (rows of n_s, sequences that are
    searched on, sequences that are evaluated), ``seed``.
    """
    p = inputs.params
    rows: list[tuple[object, ...]] = []
    for noise in p["noise"]:
        for dims, tuning, count in p["sizes"]:
            setting = Setting(int(dims), float(noise), int(tuning), int(count))
            rows += _rows(setting, int(p["seed"]))
    return pd.DataFrame(rows, columns=["noise", "n", "model", "loss", "low", "high", "tuned"])


def stored(inputs: Inputs) -> pd.DataFrame:
    """``n``, ``model``, ``loss`` and ``source`` of the authors' losses, for figures."""
    (table,) = inputs.reference.values()
    return table


def size_summary(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``quantity``, ``value``, ``low``, ``high`` of tables of ``losses``.

    ``far_<model>``: largest relative distance to the authors' losses, at the sizes that both have;
    ``rise_least_squares``: largest step up in n; ``least_rise_kernel``: smallest from n = 6 on;
    ``ratio_at_largest``; ``least_widening_in_n`` and ``_in_noise``: smallest step of the gap.
    """
    rows = pd.concat(inputs.tables.values())
    quiet = rows[rows["noise"] == rows["noise"].min()]
    (stored,) = inputs.reference.values()
    known = stored.pivot(index="n", columns="model", values="loss")
    found: dict[str, object] = {}
    for model in ("least_squares", "kernel"):
        own = quiet[quiet["model"] == model].set_index("n")["loss"]
        found[f"far_{model}"] = float((own / known[model] - 1).abs().max())
        steps = own.sort_index().diff()
        found[f"rise_{model}"] = float(steps.max())
        found[f"least_rise_{model}"] = float(steps[steps.index > 6].min())
    ratios = quiet[quiet["model"] == "ratio"].sort_values("n")
    found["ratio_at_largest"] = float(ratios["loss"].iloc[-1])
    gaps = rows[rows["model"] == "gap"].pivot(index="noise", columns="n", values="loss")
    noisy = gaps[gaps.index > gaps.index.min()]
    found["least_widening_in_n"] = float(noisy.diff(axis=1).min().min())
    found["least_widening_in_noise"] = float(gaps.diff().min().min())
    return summary_frame({"closed_form": found})


def _rows(setting: Setting, seed: int) -> list[tuple[object, ...]]:
    ridge, beta = _searched(*_pairs(setting, setting.tuning, seed))
    x, y = _pairs(setting, setting.sequences, seed + 1)
    own = {
        "zero": means(_per_dim(np.zeros_like(y), y)),
        "kernel": means(_per_dim(kernel_predictions(x, y, beta), y)),
        "least_squares": means(_per_dim(ridge_predictions(x, y, ridge, lag=1), y)),
    }
    own["gap"] = own["kernel"] - own["least_squares"]
    own["ratio"] = own["kernel"] / own["least_squares"]
    tuned = {"kernel": beta, "least_squares": ridge}
    return [
        (setting.noise, setting.dims, model, *map(float, band(values)), tuned.get(model, np.nan))
        for model, values in own.items()
    ]


def _searched(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Ridge and inverse temperature of least loss."""
    by_ridge = ridge_losses(x, y, list(RIDGES), lag=1).mean(axis=1)
    by_beta = kernel_losses(x, y, list(BETAS)).mean(axis=1)
    return float(RIDGES[by_ridge.argmin()]), float(BETAS[by_beta.argmin()])


def _pairs(setting: Setting, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    spec = LinearDynamics(
        name="linear_dynamics",
        dims=setting.dims,
        length_per_dim=LENGTH_PER_DIM,
        process_noise=setting.noise,
        batch_size=count,
    )
    observations = linear_dynamics.evaluation(spec, count, seed)["observations"]
    return observations[:, :-1], observations[:, 1:]


def _per_dim(predicted: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Loss over n_s of every sequence, mean over tokens."""
    return np.asarray(squared_losses(predicted, y).mean(axis=1) / y.shape[2])
