"""Exact Bayesian regression on classes of curves: lines, sines, and finite grids of functions.

Every class gives its posterior mean at queries and the evidence of the context;
``class_average.average`` weighs the classes. Noise on labels is Gaussian; on noise-free labels it
models a network's finite precision.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from papers.yadlowsky2023.theory.class_average import ClassPosterior
from papers.yadlowsky2023.theory.curves import sine_errors
from papers.yadlowsky2023.theory.linear_bayes import on_supports

_BLOCK = 2**21
"""Prompts times grid points that are held at a time."""


def line_class(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
    noise: float,
    variance: float = 1.0,
) -> ClassPosterior:
    """Lines k x with k ~ N(0, variance): mean [prompt, query], log evidence [prompt, 1]."""
    count = len(context_x)
    # A query of 1 after the context reads the mean of k; its own label is never absorbed.
    x = np.concatenate([context_x, np.ones((count, 1))], axis=1)
    y = np.concatenate([context_y, np.zeros((count, 1))], axis=1)
    found = on_supports(x[..., None], y, np.array([[0]]), noise, variance)
    return ClassPosterior(found.mean[:, -1:] * query_x, found.log_evidence[:, -1:])


def sine_class(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
    noise: float,
    frequencies: Float[np.ndarray, " frequency"],
    phases: Float[np.ndarray, " phase"],
    amplitude: float = 1.0,
    frequency_prior: Float[np.ndarray, " frequency"] | None = None,
) -> ClassPosterior:
    """Sines on a grid of frequencies and equally likely phases, evenly spread unless told.

    Mean [prompt, query] and log evidence [prompt, 1]. ``frequency_prior`` need not be normalised.
    For a continuous prior the grid must be fine against the posterior: see ``midpoints``.
    """
    prior = np.ones(len(frequencies)) if frequency_prior is None else frequency_prior
    step = max(1, _BLOCK // (len(frequencies) * len(phases)))
    wave = np.stack([np.cos(phases), np.sin(phases)], axis=1)
    means, evidences = [], []
    for i in range(0, len(context_x), step):
        x, y, q = (a[i : i + step] for a in (context_x, context_y, query_x))
        score = sine_errors(x, y, frequencies, phases, amplitude) / (-2 * noise**2)
        top = score.max(axis=(1, 2), keepdims=True)
        weight = np.exp(score - top) * (prior / prior.sum() / len(phases))[:, None]
        total = weight.sum(axis=(1, 2))
        parts = amplitude * (weight @ wave) / total[:, None, None]
        angle = q[:, :, None] * frequencies
        means.append(np.einsum("nqw,nw->nq", np.sin(angle), parts[..., 0]))
        means[-1] += np.einsum("nqw,nw->nq", np.cos(angle), parts[..., 1])
        evidences.append(top[:, 0, 0] + np.log(total))
    evidence = np.concatenate(evidences) + _log_scale(context_x.shape[1], noise)
    return ClassPosterior(np.concatenate(means), evidence[:, None])


def midpoints(low: float, high: float, count: int) -> Float[np.ndarray, " count"]:
    """Middles of ``count`` equal cells of [low, high]: a grid for a uniform prior."""
    return low + (high - low) * (np.arange(count) + 0.5) / count


def grid_class(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
    noise: float,
    features: Callable[[np.ndarray], np.ndarray],
    weights: Float[np.ndarray, "member feature"],
) -> ClassPosterior:
    """Finitely many, equally likely functions: ``features(x)`` [..., feature] times ``weights``.

    Mean [prompt, query] and log evidence [prompt, 1].
    """
    step = max(1, _BLOCK // len(weights))
    means, evidences = [], []
    for i in range(0, len(context_x), step):
        phi, y = features(context_x[i : i + step]), context_y[i : i + step]
        gram = np.einsum("npi,npj->nij", phi, phi)
        square = np.einsum("nij,gi,gj->ng", gram, weights, weights, optimize=True)
        error = square - 2 * np.einsum("npi,np->ni", phi, y) @ weights.T
        score = (error + (y**2).sum(axis=1)[:, None]) / (-2 * noise**2)
        top = score.max(axis=1, keepdims=True)
        share = np.exp(score - top)
        total = share.sum(axis=1, keepdims=True)
        mean_weights = share @ weights / total
        means.append(np.einsum("nqi,ni->nq", features(query_x[i : i + step]), mean_weights))
        evidences.append(top + np.log(total / len(weights)))
    evidence = np.concatenate(evidences) + _log_scale(context_x.shape[1], noise)
    return ClassPosterior(np.concatenate(means), evidence)


def mueller_classes(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
    noise: float = 0.1,
    points: int = 101,
) -> dict[str, ClassPosterior]:
    """The classes of Müller et al. 2024: ``sine`` c + 0.2 sin(3 pi x), ``line`` b + m x.

    c is uniform on ``points`` values of [0, 1], b and m on as many of [-1, 1].
    """
    data = (context_x, context_y, query_x, noise)
    offset, grid = np.linspace(0, 1, points), np.linspace(-1, 1, points)
    lines = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
    sines = np.stack([offset, np.full(points, 0.2)], axis=-1)
    return {
        "sine": grid_class(*data, _constant_and(lambda x: np.sin(3 * np.pi * x)), sines),
        "line": grid_class(*data, _constant_and(lambda x: x), lines),
    }


def _constant_and(
    function: Callable[[np.ndarray], np.ndarray],
) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.stack([np.ones_like(x), function(x)], axis=-1)


def _log_scale(pairs: int, noise: float) -> float:
    return -pairs * float(np.log(noise * np.sqrt(2 * np.pi)))
