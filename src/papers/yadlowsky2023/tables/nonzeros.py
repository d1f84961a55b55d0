"""Prompts with any number of nonzero weights: errors and distances between models (Figure 3)."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.linear import by_seed, networks_of, posteriors
from papers.yadlowsky2023.tables.networks import at_positions
from papers.yadlowsky2023.tables.resampling import errors_frame
from papers.yadlowsky2023.theory.class_average import average
from papers.yadlowsky2023.theory.effective_noise import effective_noise
from papers.yadlowsky2023.theory.least_squares import min_norm
from papers.yadlowsky2023.theory.linear_bayes import NOISE_FREE
from reprise.results import Inputs

SPARSE_ONLY, MIXTURE, DENSE_ONLY = 0.0, 0.5, 1.0

Models = dict[float, np.ndarray]
"""Share of dense functions -> predictions [m - 1, prompt, pair]."""


def sweep(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``seed``, ``quantity``, ``nonzeros``, ``n``, ``mse``, ``low``, ``high``.

    ``quantity``: error_sparse_only, error_mixture, error_dense_only; distance_to_dense and
    distance_to_sparse, squared, of the mixture's prediction to the specialists'; for networks also
    distance_of_seeds, to the mixtures of other seeds (mean). ``source``: network (specialists of
    the mixture's seed, or the only ones), bayes, bayes_tolerant (column ``noise``), and
    least_squares with its error. Params: ``examples``.
    """
    (data,) = inputs.datasets.values()
    examples = [int(n) for n in inputs.params["examples"]]
    found, noises = {}, {}
    for source, seed, noise, squares in every(inputs, data):
        noises[source] = noise
        for quantity, values in squares.items():
            for m, of_m in enumerate(values, start=1):
                found[source, seed, quantity, m] = of_m[:, examples]
    table = errors_frame(found, ["source", "seed", "quantity", "nonzeros"])
    table["n"] = table["n"].map(dict(enumerate(examples)))
    table["noise"] = table["source"].map(noises)
    return table


def every(
    inputs: Inputs, data: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, float, float, dict[str, np.ndarray]]]:
    """Source, seed, its noise, and quantity -> squares [m - 1, prompt, pair]."""
    y, nonzeros = data["y"], int(data["nonzeros"][0])
    models = networks(inputs, data)
    for seed, own in models.items():
        squares = distances(own, y)
        others = [models[other][MIXTURE] for other in models if other != seed]
        if others:
            apart = [(own[MIXTURE] - other) ** 2 for other in others]
            squares["distance_of_seeds"] = np.mean(apart, axis=0)
        yield "network", seed, np.nan, squares
    fitted = fit(models[min(models)][MIXTURE], data)
    for source, noise in (("bayes", NOISE_FREE), ("bayes_tolerant", fitted)):
        made = bayes(data["inputs"], y, nonzeros, noise)
        yield source, np.nan, noise, distances(made, y)
    least = np.stack([min_norm(data["inputs"], of_m) for of_m in y])
    yield "least_squares", np.nan, np.nan, {"error": (least - y) ** 2}


def networks(inputs: Inputs, data: Mapping[str, np.ndarray]) -> dict[int, Models]:
    """Seed -> predictions of the even mixture and of both specialists."""
    x, y = data["inputs"], data["y"]
    flat = np.broadcast_to(x, (len(y), *x.shape)).reshape(-1, *x.shape[1:])
    found = {
        (weight, seed): at_positions(*network, flat, y.reshape(len(flat), -1)).reshape(y.shape)
        for weight, of_weight in networks_of(inputs).items()
        if weight in (SPARSE_ONLY, MIXTURE, DENSE_ONLY)
        for seed, network in of_weight.items()
    }
    return by_seed(found)


def bayes(x: np.ndarray, y: np.ndarray, nonzeros: int, noise: float) -> Models:
    """The three exact predictors on prompts of every number of nonzero weights."""
    by_m = []
    for of_m in y:
        classes = posteriors(x, of_m, nonzeros, noise)
        mixture = average(classes, {"dense": 0.5, "sparse": 0.5})
        by_m.append((classes["sparse"].mean, mixture, classes["dense"].mean))
    sparse, mixture, dense = (np.stack(parts) for parts in zip(*by_m, strict=True))
    return {SPARSE_ONLY: sparse, MIXTURE: mixture, DENSE_ONLY: dense}


def distances(models: Models, y: np.ndarray) -> dict[str, np.ndarray]:
    """Quantity -> squares [m - 1, prompt, pair] of the three models."""
    mixture = models[MIXTURE]
    return {
        "error_sparse_only": (models[SPARSE_ONLY] - y) ** 2,
        "error_mixture": (mixture - y) ** 2,
        "error_dense_only": (models[DENSE_ONLY] - y) ** 2,
        "distance_to_dense": (mixture - models[DENSE_ONLY]) ** 2,
        "distance_to_sparse": (mixture - models[SPARSE_ONLY]) ** 2,
    }


def fit(mixture: np.ndarray, data: Mapping[str, np.ndarray]) -> float:
    """The noise at which exact Bayes is nearest to ``mixture``, over all numbers of nonzeros."""
    step = max(1, mixture.shape[1] // 128)
    x, part = data["inputs"][::step], mixture[:, ::step]
    flat = np.broadcast_to(x, (len(part), *x.shape)).reshape(-1, *x.shape[1:])
    y = data["y"][:, ::step].reshape(len(flat), -1)
    return effective_noise(part.reshape(y.shape), flat, y, int(data["nonzeros"][0]))[0]
