"""Softmax kernel regression along a sequence: what one layer of softmax attention can do alone.

The prediction at t averages the targets of earlier positions with weights softmax(beta x_i . x_t):
no regression, but lookup of similar states (von Oswald et al. 2024, section on induction heads).
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

Array = np.ndarray


def kernel_predictions(
    inputs: Float[Array, "sequence position dim"],
    targets: Float[Array, "sequence position out"],
    beta: float,
) -> Float[Array, "sequence position out"]:
    """Predictions of ``targets[:, t]`` from the pairs 0..t-1, float64; 0 where there is none.

    ``beta`` is the inverse temperature; 0 gives the mean of the known targets.
    """
    x, y = np.asarray(inputs, float), np.asarray(targets, float)
    found = np.zeros(y.shape)
    for t, weights, known in _weighted(x, y, [beta]):
        found[:, t] = (weights @ known)[:, 0]
    return found


def kernel_losses(
    inputs: Float[Array, "sequence position dim"],
    targets: Float[Array, "sequence position out"],
    betas: Sequence[float],
) -> Float[Array, "beta position"]:
    """Half the squared error of every ``beta`` at every position, mean over sequences.

    For line searches: scores are taken once for all inverse temperatures.
    """
    x, y = np.asarray(inputs, float), np.asarray(targets, float)
    found = np.empty((len(betas), x.shape[1]))
    found[:] = 0.5 * (y**2).sum(axis=-1).mean(axis=0)
    for t, weights, known in _weighted(x, y, betas):
        errors = weights @ known - y[:, t, None]
        found[:, t] = 0.5 * (errors**2).sum(axis=-1).mean(axis=0)
    return found


def _weighted(x: Array, y: Array, betas: Sequence[float]) -> Iterator[tuple[int, Array, Array]]:
    """Positions with known pairs: t, weights [n, beta, pair] and the targets [n, pair, out]."""
    strengths = np.asarray(betas, float)[:, None]
    for t in range(1, x.shape[1]):
        scores = x[:, :t] @ x[:, t, :, None]
        logits = strengths * scores.swapaxes(1, 2)
        weights = np.exp(logits - logits.max(axis=2, keepdims=True))
        yield t, weights / weights.sum(axis=2, keepdims=True), y[:, :t]
