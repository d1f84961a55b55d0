"""Regularised least squares along a sequence: at every position from the pairs before it.

W_t minimises sum_i |y_i - W x_i|^2 + ridge |W|^2 over the pairs known at t, and W_t x_t is the
prediction of y_t (von Oswald et al. 2024, Methods; App. B). For a sequence s_1, s_2, ... the
pairs are (s_i, s_{i+1}). ``ridge`` is added to the Gram matrix: 1 / lambda of the paper's
equations, lambda of its program.

Positions count from 0. The prediction at t uses the pairs 0..t-1, with ``lag`` = 1 only 0..t-2:
the published least-squares curves leave out the newest pair, the published gradient step does not.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

Array = np.ndarray


def ridge_predictions(
    inputs: Float[Array, "sequence position dim"],
    targets: Float[Array, "sequence position out"],
    ridge: float,
    *,
    lag: int = 0,
) -> Float[Array, "sequence position out"]:
    """Predictions of ``targets[:, t]`` at ``inputs[:, t]``, float64; 0 where no pair is known.

    ``ridge`` must be positive: while there are fewer pairs than dimensions nothing else decides.
    """
    x, y = _doubles(inputs, targets, lag)
    if not ridge > 0:
        raise ValueError(f"ridge must be positive, got {ridge}")
    added = ridge * np.eye(x.shape[2])
    found = np.zeros(y.shape)
    for t, gram, cross in _known(x, y, lag):
        weight = np.linalg.solve(gram + added, x[:, t, :, None])
        found[:, t] = np.einsum("sd,sdo->so", weight[..., 0], cross)
    return found


def ridge_losses(
    inputs: Float[Array, "sequence position dim"],
    targets: Float[Array, "sequence position out"],
    ridges: Sequence[float],
    *,
    lag: int = 0,
) -> Float[Array, "ridge position"]:
    """Half the squared error of every ridge at every position, mean over sequences.

    For line searches: one eigendecomposition per sequence and position serves all ridges.
    """
    x, y = _doubles(inputs, targets, lag)
    strengths = np.asarray(ridges, float)
    if not (strengths > 0).all():
        raise ValueError(f"ridges must be positive, got {list(ridges)}")
    found = np.empty((len(strengths), x.shape[1]))
    found[:] = 0.5 * (y**2).sum(axis=-1).mean(axis=0)
    for t, gram, cross in _known(x, y, lag):
        values, vectors = np.linalg.eigh(gram)
        turned = np.einsum("nij,ni->nj", vectors, x[:, t])
        shrunk = turned / (np.maximum(values, 0) + strengths[:, None, None])
        rotated = vectors.swapaxes(1, 2) @ cross
        predicted = np.einsum("rnj,njo->rno", shrunk, rotated, optimize=True)
        found[:, t] = 0.5 * ((predicted - y[:, t]) ** 2).sum(axis=-1).mean(axis=1)
    return found


def _known(x: Array, y: Array, lag: int) -> Iterator[tuple[int, Array, Array]]:
    """Positions with known pairs: t, X^T X [n, dim, dim] and X^T Y [n, dim, out] of the pairs."""
    count, positions, dims = x.shape
    gram, cross = np.zeros((count, dims, dims)), np.zeros((count, dims, y.shape[2]))
    for t in range(lag + 1, positions):
        new, label = x[:, t - 1 - lag], y[:, t - 1 - lag]
        gram += new[:, :, None] * new[:, None, :]
        cross += new[:, :, None] * label[:, None, :]
        yield t, gram, cross


def _doubles(inputs: Array, targets: Array, lag: int) -> tuple[Array, Array]:
    if lag < 0:
        raise ValueError(f"lag must be 0 or more, got {lag}")
    return np.asarray(inputs, float), np.asarray(targets, float)
