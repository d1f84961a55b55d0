"""Dense and sparse linear functions: errors along prompts (Figures 1 and 2, Appendix B)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.networks import Params, at_positions
from papers.yadlowsky2023.tables.resampling import errors_frame
from papers.yadlowsky2023.theory.class_average import ClassPosterior, average
from papers.yadlowsky2023.theory.effective_noise import effective_noise
from papers.yadlowsky2023.theory.lasso import ALPHAS, lasso
from papers.yadlowsky2023.theory.least_squares import min_norm
from papers.yadlowsky2023.theory.linear_bayes import NOISE_FREE, linear_class
from reprise.results import Inputs, finished
from reprise.specs.runs import RunSpec

CLASSES = ("dense", "sparse")
WEIGHT = "task.weights.dense"
ALPHA = 0.01
"""The penalty that Garg et al. 2022 find best after ten pairs."""

Prompts = Mapping[str, np.ndarray]
Key = tuple[float, int]
"""The share of dense functions that a network was trained on, and its seed."""
EVEN = 0.5
GRID = tuple(np.linspace(0, 1, 41).round(3).tolist())
"""Shares of dense functions for which exact Bayes is computed, which needs no training."""


def errors(inputs: Inputs) -> pd.DataFrame:
    """Errors of networks and estimators, with their intervals over prompts.

    ``class``, ``model``, ``seed``, ``weight``, ``n``, ``mse``, ``low``, ``high``. ``model``:
    network, bayes (exact, for every weight of ``GRID`` as well), bayes_tolerant (weight 0.5, noise
    as fitted to the first network, column ``noise``), least_squares, lasso, lasso_oracle (best
    penalty at each n). Takes runs over the axis ``task.weights.dense`` and the dataset of
    ``datasets.linear``.
    """
    (data,) = inputs.datasets.values()
    found: dict[tuple[str, str, float, float], np.ndarray] = {}
    networks = {label: network_predictions(inputs, data, label) for label in CLASSES}
    fitted = fitted_noise(data, networks)
    weights = sorted({*GRID, *(weight for weight, _ in networks["dense"])})
    for label, predictions in networks.items():
        x, y = data["inputs"], data[f"{label}_y"]
        made: dict[tuple[str, float, float], np.ndarray] = {
            ("network", seed, weight): p for (weight, seed), p in predictions.items()
        }
        for weight, p in bayes_predictions(data, label, weights, NOISE_FREE).items():
            made["bayes", np.nan, weight] = p
        tolerant = bayes_predictions(data, label, [EVEN], fitted)[EVEN]
        made["bayes_tolerant", np.nan, EVEN] = tolerant
        made["least_squares", np.nan, np.nan] = min_norm(x, y)
        by_key = {key: (p - y) ** 2 for key, p in made.items()}
        path = (lasso(x, y, ALPHAS) - y) ** 2
        by_key["lasso", np.nan, np.nan] = path[ALPHAS.index(ALPHA)]
        best = path.mean(axis=1).argmin(axis=0)
        by_key["lasso_oracle", np.nan, np.nan] = path[best, :, np.arange(y.shape[1])].T
        found |= {(label, *key): value for key, value in by_key.items()}
    table = errors_frame(found, ["class", "model", "seed", "weight"])
    table["noise"] = table["model"].map({"bayes_tolerant": fitted})
    return table


def network_predictions(inputs: Inputs, data: Prompts, label: str) -> dict[Key, np.ndarray]:
    """Predictions [prompt, pair] of every network on prompts of a class."""
    x, y = data["inputs"], data[f"{label}_y"]
    return {
        (weight, seed): at_positions(*network, x, y)
        for weight, by_seed in networks_of(inputs).items()
        for seed, network in by_seed.items()
    }


def networks_of(inputs: Inputs) -> dict[float, dict[int, tuple[RunSpec, Params]]]:
    """Share of dense functions in training, seed -> spec and tensors of the network."""
    found: dict[float, dict[int, tuple[RunSpec, Params]]] = {}
    for result in inputs.runs.values():
        for member in finished(result):
            weight, seed = result.members.loc[member, [WEIGHT, "seed"]]
            found.setdefault(float(weight), {})[int(seed)] = result.spec, result.params[member]
    return found


def by_seed(predictions: Mapping[Key, Any]) -> dict[int, dict[float, Any]]:
    """Seed -> weight -> what belongs together in one replication.

    A seed that lacks a network of some weight is left out.
    """
    weights = sorted({weight for weight, _ in predictions})
    seeds = sorted({seed for _, seed in predictions})
    return {
        seed: {weight: predictions[weight, seed] for weight in weights}
        for seed in seeds
        if all((weight, seed) in predictions for weight in weights)
    }


def bayes_predictions(
    data: Prompts, label: str, weights: list[float], noise: float
) -> dict[float, np.ndarray]:
    """Exact Bayes for each weight, at every position."""
    classes = posteriors(data["inputs"], data[f"{label}_y"], nonzeros_of(data), noise)
    return {w: average(classes, {"dense": w, "sparse": 1 - w}) for w in weights}


def posteriors(
    x: np.ndarray, y: np.ndarray, nonzeros: int, noise: float
) -> dict[str, ClassPosterior]:
    """What the dense and the sparse class say at every position."""
    return {
        "dense": linear_class(x, y, x.shape[2], noise),
        "sparse": linear_class(x, y, nonzeros, noise),
    }


def fitted_noise(data: Prompts, networks: Mapping[str, Mapping[Key, np.ndarray]]) -> float:
    """The noise at which exact Bayes is nearest to the first even mixture, over both classes.

    ``networks``: class of the prompts -> ``network_predictions``.
    """
    x = np.concatenate([data["inputs"]] * 2)
    y = np.concatenate([data[f"{label}_y"] for label in CLASSES])
    first = min(seed for weight, seed in networks["dense"] if weight == EVEN)
    found = np.concatenate([networks[label][EVEN, first] for label in CLASSES])
    # A part of the prompts tells the candidates apart, in a fraction of the time.
    step = max(1, len(x) // 512)
    return effective_noise(found[::step], x[::step], y[::step], nonzeros_of(data))[0]


def nonzeros_of(data: Prompts) -> int:
    """Nonzero weights of the sparse class, as stored with the prompts."""
    return int(data["nonzeros"][0])
