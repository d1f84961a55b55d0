"""Prompts with any number of nonzero weights: errors and distances between models (Figure 3)."""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.linear import networks_of, posteriors
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
    """``source``, ``quantity``, ``nonzeros``, ``n`` and statistics over prompts.

    ``quantity``: error_sparse_only, error_mixture, error_dense_only; distance_to_dense and
    distance_to_sparse, squared, of the mixture's prediction to the specialists'; for networks also
    distance_of_seeds, the mean over pairs of mixtures that differ in their seed. ``source``:
    network, bayes, bayes_tolerant (column ``noise``), and least_squares with its error. Params:
    ``examples``.
    """
    (data,) = inputs.datasets.values()
    examples = [int(n) for n in inputs.params["examples"]]
    found, noises = {}, {}
    for source, noise, squares in every(inputs, data):
        noises[source] = noise
        for quantity, values in squares.items():
            for m, of_m in enumerate(values, start=1):
                found[source, quantity, m] = of_m[:, examples]
    table = errors_frame(found, ["source", "quantity", "nonzeros"])
    table["n"] = table["n"].map(dict(enumerate(examples)))
    table["noise"] = table["source"].map(noises)
    return table


def every(
    inputs: Inputs, data: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, float, dict[str, np.ndarray]]]:
    """Source, its noise, and quantity -> squares [m - 1, prompt, pair]."""
    y, nonzeros = data["y"], int(data["nonzeros"][0])
    models, mixtures = networks(inputs, data)
    squares = distances(models, y)
    if len(mixtures) > 1:
        pairs = [(one - two) ** 2 for one, two in itertools.combinations(mixtures, 2)]
        squares["distance_of_seeds"] = np.mean(pairs, axis=0)
    yield "network", np.nan, squares
    fitted = fit(models[MIXTURE], data)
    for source, noise in (("bayes", NOISE_FREE), ("bayes_tolerant", fitted)):
        yield source, noise, distances(bayes(data["inputs"], y, nonzeros, noise), y)
    least = np.stack([min_norm(data["inputs"], of_m) for of_m in y])
    yield "least_squares", np.nan, {"error": (least - y) ** 2}


def networks(inputs: Inputs, data: Mapping[str, np.ndarray]) -> tuple[Models, list[np.ndarray]]:
    """Predictions of the first network of each needed weight, and of every mixture."""
    x, y = data["inputs"], data["y"]
    flat = np.broadcast_to(x, (len(y), *x.shape)).reshape(-1, *x.shape[1:])
    found: dict[float, list[np.ndarray]] = {}
    for weight, members in networks_of(inputs).items():
        if weight in (SPARSE_ONLY, MIXTURE, DENSE_ONLY):
            needed = members if weight == MIXTURE else members[:1]
            made = [at_positions(*member, flat, y.reshape(len(flat), -1)) for member in needed]
            found[weight] = [each.reshape(y.shape) for each in made]
    return {weight: listed[0] for weight, listed in found.items()}, found[MIXTURE]


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
