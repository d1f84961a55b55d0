"""Least squares against softmax kernel regression, from small to large states (Figures 5B, 20).

Both read the same sequences of 4 n_s tokens; ridge and inverse temperature are searched on other
sequences. Losses are divided by n_s.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from papers.vonoswald2023.spec import LinearDynamics
from papers.vonoswald2023.tables.networks import losses as squared_losses
from papers.vonoswald2023.tasks import linear_dynamics
from papers.vonoswald2023.theory.kernel_regression import kernel_losses, kernel_predictions
from papers.vonoswald2023.theory.sequence_ridge import ridge_losses, ridge_predictions
from reprise.results import Inputs
from reprise.stats.intervals import frame, means

RIDGES = np.concatenate([np.linspace(1e-4, 10.0, 40), np.geomspace(10.0, 100.0, 9)[1:]])
"""The published grid, and on from its end, where the noisiest systems have their best."""
BETAS = np.concatenate([np.geomspace(1e-3, 0.1, 19), np.linspace(1e-4, 4.0, 40)])
"""The published grid, and between its first two points, where large states have their best."""

LENGTH_PER_DIM = 4
FROM = 6
"""From this size on kernel regression worsens."""
COLUMNS = ["noise", "n", "model", "quantity"]


class Setting(NamedTuple):
    """One family of systems and how many sequences of it there are."""

    dims: int
    noise: float
    tuning: int
    sequences: int


Key = tuple[float, int, str]
"""Noise, n and predictor."""


def losses(inputs: Inputs) -> pd.DataFrame:
    """``noise``, ``n``, ``model``, ``quantity``, ``value``, ``low``, ``high`` and ``tuned``.

    ``tuned`` is what was searched. Quantity ``loss`` (over n) of the models zero, kernel and
    least_squares, and what claims read off them, at no noise and n: ``far_<model>``, the largest
    factor between its loss and the authors', at the sizes that both have; ``rise_<model>``: largest
    step up in n; ``least_rise_<model>``: smallest from n = 6 on; ``ratio_at_largest`` of kernel to
    least squares; ``least_widening_in_n`` and ``_in_noise``: smallest step of their difference.

    Params: ``quiet`` and ``noisy`` (rows of n_s, sequences that are searched on, sequences that are
    evaluated), ``noise`` (standard deviations; the first belongs to quiet rows), ``seeds`` of both.
    """
    p = inputs.params
    found: dict[Key, np.ndarray] = {}
    tuned: dict[Key, float] = {}
    for noise in p["noise"]:
        quiet = noise == p["noise"][0]
        for dims, tuning, count in p["quiet" if quiet else "noisy"]:
            setting = Setting(int(dims), float(noise), int(tuning), int(count))
            own, chosen = _evaluated(setting, int(p["seeds"][0 if quiet else 1]))
            found |= own
            tuned |= chosen
    rows = frame({(*key, "loss"): values for key, values in found.items()}, COLUMNS)
    rows["tuned"] = [tuned.get(key, np.nan) for key in found]
    (stored,) = inputs.reference.values()
    read = {(None, None, "", name): values for name, values in _summary(found, stored).items()}
    joined = pd.concat([rows, frame(read, COLUMNS)], ignore_index=True)
    return joined.astype({"n": "Int64"})


def _summary(found: Mapping[Key, np.ndarray], stored: pd.DataFrame) -> dict[str, np.ndarray]:
    """See ``losses``; largest and smallest are taken of every resample."""
    levels, sizes = sorted({key[0] for key in found}), sorted({key[1] for key in found})
    authors = stored.set_index(["model", "n"])["loss"]
    made: dict[str, np.ndarray] = {}
    for model in ("least_squares", "kernel"):
        own = {n: found[levels[0], n, model] for n in sizes}
        ratios = [own[n] / authors[model, n] for n in sizes if (model, n) in authors.index]
        made[f"far_{model}"] = np.exp(np.abs(np.log(ratios)).max(axis=0))
        steps = {big: own[big] - own[small] for small, big in pairwise(sizes)}
        made[f"rise_{model}"] = np.max(list(steps.values()), axis=0)
        made[f"least_rise_{model}"] = np.min([s for n, s in steps.items() if n > FROM], axis=0)
    made["ratio_at_largest"] = own[sizes[-1]] / found[levels[0], sizes[-1], "least_squares"]
    gaps = {
        (level, n): found[level, n, "kernel"] - found[level, n, "least_squares"]
        for level in levels
        for n in sizes
    }
    in_n = [gaps[v, b] - gaps[v, a] for v in levels[1:] for a, b in pairwise(sizes)]
    in_noise = [gaps[b, n] - gaps[a, n] for n in sizes for a, b in pairwise(levels)]
    made["least_widening_in_n"] = np.min(in_n, axis=0)
    made["least_widening_in_noise"] = np.min(in_noise, axis=0)
    return made


def _evaluated(setting: Setting, seed: int) -> tuple[dict[Key, np.ndarray], dict[Key, float]]:
    """Resampled losses of every predictor, and what was searched."""
    ridge, beta = _searched(*_pairs(setting, setting.tuning, seed))
    x, y = _pairs(setting, setting.sequences, seed + 1)
    at = setting.noise, setting.dims
    predicted = {
        "zero": np.zeros_like(y),
        "kernel": kernel_predictions(x, y, beta),
        "least_squares": ridge_predictions(x, y, ridge, lag=1),
    }
    own = {(*at, model): means(_per_dim(values, y)) for model, values in predicted.items()}
    return own, {(*at, "kernel"): beta, (*at, "least_squares"): ridge}


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
