"""Gaussian-process regression on prompts, with the kernels of two classes of functions.

One Cholesky factor gives the predictions at every position: with K + s^2 I = L L^T and e the
solution of L e = y, the prediction of y_n from those before is y_n - L_nn e_n, its variance L_nn^2.
"""

import numpy as np
from jaxtyping import Float

from papers.yadlowsky2023.theory.class_average import ClassPosterior

LENGTH_SCALES = np.geomspace(0.05, 5.0, 24)
"""Candidates for the squared-exponential kernel."""


def sequential(
    kernel: Float[np.ndarray, "prompt pair pair"],
    y: Float[np.ndarray, "prompt pair"],
    noise: float,
) -> ClassPosterior:
    """Posterior means at every x and evidences of the pairs before it, each [prompt, pair].

    ``kernel`` is the prior covariance of f at the inputs, ``noise`` a standard deviation > 0.
    """
    factor = np.linalg.cholesky(kernel + noise**2 * np.eye(kernel.shape[-1]))
    scale = np.diagonal(factor, axis1=1, axis2=2)
    surprise = np.linalg.solve(factor, np.asarray(y, float)[..., None])[..., 0]
    density = -0.5 * (surprise**2 + np.log(2 * np.pi * scale**2))
    evidence = np.cumsum(density, axis=1) - density
    return ClassPosterior(y - scale * surprise, evidence)


def arc_cosine(
    a: Float[np.ndarray, "prompt first dim"], b: Float[np.ndarray, "prompt second dim"]
) -> Float[np.ndarray, "prompt first second"]:
    """Prior covariance of two-layer ReLU networks of unit variance (arc-cosine, order 1).

    (|a||b| / (pi d)) (sin t + (pi - t) cos t) with t the angle between a and b, in d dimensions:
    exact for hidden weights N(0, I) and outer weights N(0, 2 / (width d)), whatever the width.
    """
    lengths = np.linalg.norm(a, axis=2)[:, :, None] * np.linalg.norm(b, axis=2)[:, None]
    inner = np.einsum("nid,njd->nij", a, b)
    cosine = np.clip(inner / np.where(lengths > 0, lengths, 1.0), -1.0, 1.0)
    angle = np.arccos(cosine)
    shape = np.sqrt(1 - cosine**2) + (np.pi - angle) * cosine
    return lengths * shape / (np.pi * a.shape[2])


def relu_networks(
    inputs: Float[np.ndarray, "prompt pair dim"],
    y: Float[np.ndarray, "prompt pair"],
    noise: float = 1e-3,
) -> ClassPosterior:
    """The best linear predictor of random ReLU networks, near Bayes for wide ones."""
    inputs = np.asarray(inputs, float)
    return sequential(arc_cosine(inputs, inputs), y, noise)


def squared_exponential(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
    noise: float = 0.01,
) -> Float[np.ndarray, "prompt query"]:
    """Interpolation of curves by exp(-(x - x')^2 / (2 l^2)) times a variance.

    Per prompt, the variance and one of ``LENGTH_SCALES`` maximise the marginal likelihood;
    ``noise`` is relative to the standard deviation of f. Predicts 0 without pairs.
    """
    count, pairs = context_x.shape
    if pairs == 0:
        return np.zeros(query_x.shape)
    x, y = np.asarray(context_x, float), np.asarray(context_y, float)
    best = np.full(count, -np.inf)
    found = np.zeros(query_x.shape)
    for length in LENGTH_SCALES:
        kernel = _squared_exponential(x, x, length) + noise**2 * np.eye(pairs)
        factor = np.linalg.cholesky(kernel)
        solved = np.linalg.solve(kernel, y[..., None])[..., 0]
        variance = np.maximum((y * solved).sum(axis=1) / pairs, np.finfo(float).tiny)
        log_determinant = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        likelihood = -0.5 * (pairs * np.log(variance) + log_determinant)
        mean = np.einsum("nqp,np->nq", _squared_exponential(query_x, x, length), solved)
        found = np.where((likelihood > best)[:, None], mean, found)
        best = np.maximum(likelihood, best)
    return found


def _squared_exponential(a: np.ndarray, b: np.ndarray, length: float) -> np.ndarray:
    return np.exp(-0.5 * ((a[:, :, None] - b[:, None, :]) / length) ** 2)
