"""Exact Bayesian regression on dense and sparse linear functions, at every position of a prompt.

Weights on a support of size s are N(0, 1/s) and labels have Gaussian noise; supports are equally
likely. Pairs are absorbed one by one (the Kalman filter of a constant state), which gives every
posterior mean and, by the prediction errors, every evidence in one pass. A network's finite
precision is modelled by a noise of about 0.1 to 0.3 on noise-free labels.
"""

import itertools

import numpy as np
from jaxtyping import Float, Int
from scipy.special import logsumexp, softmax

from papers.yadlowsky2023.theory.class_average import ClassPosterior

NOISE_FREE = 1e-3
"""Standard deviation that stands for none; exact zero would give degenerate densities."""

_LANES = 2**14
"""Prompts times supports that are filtered together: their state stays in the cache."""


def linear_class(
    inputs: Float[np.ndarray, "prompt pair dim"],
    y: Float[np.ndarray, "prompt pair"],
    nonzeros: int,
    noise: float = NOISE_FREE,
    variance: float | None = None,
) -> ClassPosterior:
    """Posterior means at every x and evidences of the pairs before it, each [prompt, pair].

    ``variance`` is that of a nonzero weight, 1 / nonzeros unless given. With as many nonzeros as
    inputs the class is the dense one. The cost grows with the number of supports.
    """
    supports = np.array(list(itertools.combinations(range(inputs.shape[2]), nonzeros)))
    return on_supports(inputs, y, supports, noise, 1 / nonzeros if variance is None else variance)


def on_supports(
    inputs: Float[np.ndarray, "prompt pair dim"],
    y: Float[np.ndarray, "prompt pair"],
    supports: Int[np.ndarray, "support nonzero"],
    noise: float,
    variance: float,
) -> ClassPosterior:
    """As ``linear_class``, for equally likely ``supports``.

    Raises ValueError for a noise of 0.
    """
    if noise <= 0:
        raise ValueError(f"noise must be positive (NOISE_FREE stands for none), got {noise}")
    step = max(1, _LANES // len(supports))
    parts = [
        _filter(inputs[i : i + step], y[i : i + step], supports, noise**2, variance)
        for i in range(0, len(inputs), step)
    ]
    means, evidences = zip(*parts, strict=True)
    return ClassPosterior(np.concatenate(means), np.concatenate(evidences))


def _filter(
    inputs: np.ndarray, y: np.ndarray, supports: np.ndarray, noise: float, variance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means and evidences of one block; ``noise`` is a variance.

    Small axes first: every operation then runs over contiguous [prompt, support].
    """
    count, pairs, _ = inputs.shape
    size = supports.shape[1]
    lanes = (count, len(supports))
    weights = np.zeros((size, *lanes))
    covariance = np.zeros((size, size, *lanes))
    covariance[np.arange(size), np.arange(size)] = variance
    evidence = np.zeros(lanes)
    mean, total = np.empty((count, pairs)), np.empty((count, pairs))
    for n in range(pairs):
        x = inputs[:, n].astype(float)[:, supports.T].transpose(1, 0, 2)
        spread = np.einsum("ij...,j...->i...", covariance, x)
        predicted = np.einsum("i...,i...->...", weights, x)
        deviation = noise + np.einsum("i...,i...->...", x, spread)
        mean[:, n] = np.einsum("nk,nk->n", softmax(evidence, axis=1), predicted)
        total[:, n] = logsumexp(evidence, axis=1) - np.log(len(supports))
        error = y[:, n, None] - predicted
        evidence -= 0.5 * (np.log(2 * np.pi * deviation) + error**2 / deviation)
        gain = spread / deviation
        weights += gain * error
        covariance -= gain[:, None] * spread[None]
    return mean, total
