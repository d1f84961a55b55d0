"""Dense and sparse linear functions: errors along prompts (Figures 1 and 2, Appendix B)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.networks import Params, at_positions
from papers.yadlowsky2023.tables.resampling import errors_frame
from papers.yadlowsky2023.theory.class_average import ClassPosterior, average
from papers.yadlowsky2023.theory.effective_noise import effective_noise
from papers.yadlowsky2023.theory.lasso import ALPHAS, lasso
from papers.yadlowsky2023.theory.least_squares import min_norm
from papers.yadlowsky2023.theory.linear_bayes import NOISE_FREE, linear_class
from reprise.results import Inputs, RunResult
from reprise.specs.runs import RunSpec

CLASSES = ("dense", "sparse")
WEIGHT = "task.weights.dense"
ALPHA = 0.01
"""The penalty that Garg et al. 2022 find best after ten pairs."""

Prompts = Mapping[str, np.ndarray]
Key = tuple[str, float]
"""Model (``network``, ``bayes``, ...) and the share of dense functions that it was made for."""


def errors(inputs: Inputs) -> pd.DataFrame:
    """Errors of networks and estimators: ``class``, ``model``, ``weight``, ``n``, statistics.

    ``model``: network, another_seed (networks of a weight that has one already, numbered), bayes
    (exact, for that weight), bayes_tolerant (weight .5, noise as fitted to the network, column
    ``noise``), least_squares, lasso, lasso_oracle (best penalty at each n). Takes runs over the
    axis ``task.weights.dense`` and the dataset of ``datasets.linear``.
    """
    (data,) = inputs.datasets.values()
    found: dict[tuple[str, str, float], np.ndarray] = {}
    networks = {label: network_predictions(inputs, data, label) for label in CLASSES}
    fitted = fitted_noise(data, networks)
    for label, predictions in networks.items():
        y = data[f"{label}_y"]
        predictions |= other_seeds(inputs, data, label)
        weights = sorted({weight for _, weight in predictions})
        predictions |= bayes_predictions(data, label, weights, NOISE_FREE)
        tolerant = bayes_predictions(data, label, [0.5], fitted)["bayes", 0.5]
        predictions["bayes_tolerant", 0.5] = tolerant
        predictions["least_squares", np.nan] = min_norm(data["inputs"], y)
        by_key = {key: (p - y) ** 2 for key, p in predictions.items()}
        path = (lasso(data["inputs"], y, ALPHAS) - y) ** 2
        by_key["lasso", np.nan] = path[ALPHAS.index(ALPHA)]
        best = path.mean(axis=1).argmin(axis=0)
        by_key["lasso_oracle", np.nan] = path[best, :, np.arange(y.shape[1])].T
        found |= {(label, *key): value for key, value in by_key.items()}
    table = errors_frame(found, ["class", "model", "weight"])
    table["noise"] = table["model"].map({"bayes_tolerant": fitted})
    return table


def network_predictions(inputs: Inputs, data: Prompts, label: str) -> dict[Key, np.ndarray]:
    """Predictions [prompt, pair] of the first member of every weight, on prompts of a class."""
    x, y = data["inputs"], data[f"{label}_y"]
    return {
        ("network", weight): at_positions(*first, x, y)
        for weight, (first, *_) in networks_of(inputs).items()
    }


def other_seeds(inputs: Inputs, data: Prompts, label: str) -> dict[Key, np.ndarray]:
    """The same of the members of every weight after its first: ``another_seed_1``, .. ``_2``."""
    x, y = data["inputs"], data[f"{label}_y"]
    return {
        (f"another_seed_{number}", weight): at_positions(*member, x, y)
        for weight, (_, *others) in networks_of(inputs).items()
        for number, member in enumerate(others, start=1)
    }


def networks_of(inputs: Inputs) -> dict[float, list[tuple[RunSpec, Params]]]:
    """Share of dense functions in training -> spec and tensors of its networks, in order."""
    found: dict[float, list[tuple[RunSpec, Params]]] = {}
    for result in inputs.runs.values():
        for member, weight in weights_of(result).items():
            found.setdefault(weight, []).append((result.spec, result.params[member]))
    return found


def bayes_predictions(
    data: Prompts, label: str, weights: list[float], noise: float
) -> dict[Key, np.ndarray]:
    """Exact Bayes for each weight, at every position."""
    classes = posteriors(data["inputs"], data[f"{label}_y"], nonzeros_of(data), noise)
    return {("bayes", w): average(classes, {"dense": w, "sparse": 1 - w}) for w in weights}


def posteriors(
    x: np.ndarray, y: np.ndarray, nonzeros: int, noise: float
) -> dict[str, ClassPosterior]:
    """What the dense and the sparse class say at every position."""
    return {
        "dense": linear_class(x, y, x.shape[2], noise),
        "sparse": linear_class(x, y, nonzeros, noise),
    }


def fitted_noise(data: Prompts, networks: Mapping[str, Mapping[Key, np.ndarray]]) -> float:
    """The noise at which exact Bayes is nearest to the network of weight .5, over both classes.

    ``networks``: class of the prompts -> ``network_predictions``.
    """
    x = np.concatenate([data["inputs"]] * 2)
    y = np.concatenate([data[f"{label}_y"] for label in CLASSES])
    found = np.concatenate([networks[label]["network", 0.5] for label in CLASSES])
    # A part of the prompts tells the candidates apart, in a fraction of the time.
    step = max(1, len(x) // 512)
    return effective_noise(found[::step], x[::step], y[::step], nonzeros_of(data))[0]


def weights_of(result: RunResult) -> dict[int, float]:
    """Member -> share of dense functions in its training; members that failed are left out."""
    members = result.members[result.members["failed_at_step"].isna()]
    return {int(member): float(weight) for member, weight in members[WEIGHT].items()}


def nonzeros_of(data: Prompts) -> int:
    """Nonzero weights of the sparse class, as stored with the prompts."""
    return int(data["nonzeros"][0])
