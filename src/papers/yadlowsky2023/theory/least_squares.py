"""Least squares on the pairs before each x: the solution of least norm while they are too few.

Greville's recursion, one pair at a time for all prompts. Without noise, the expected squared error
on functions w.x of unit variance is max(0, 1 - n / d) after n pairs, however sparse w is.
"""

import numpy as np
from jaxtyping import Float

_DEPENDENT = 1e-16
"""Share of a squared length outside the span of earlier inputs below which nothing is outside."""


def min_norm(
    inputs: Float[np.ndarray, "prompt pair dim"], y: Float[np.ndarray, "prompt pair"]
) -> Float[np.ndarray, "prompt pair"]:
    """Predictions x . pinv(X) y from the pairs before each x; 0 where there are none."""
    count, pairs, dims = inputs.shape
    x_all, y_all = np.asarray(inputs, float), np.asarray(y, float)
    weights = np.zeros((count, dims))
    outside = np.broadcast_to(np.eye(dims), (count, dims, dims)).copy()
    inverse = np.zeros((count, dims, dims))
    found = np.empty((count, pairs))
    for n in range(pairs):
        x = x_all[:, n]
        found[:, n] = np.einsum("ni,ni->n", weights, x)
        gain = _absorb(outside, inverse, x)
        weights += gain * (y_all[:, n] - found[:, n])[:, None]
    return found


def _absorb(outside: np.ndarray, inverse: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Add inputs ``x`` [prompt, dim]; returns the gain [prompt, dim] by which weights move.

    ``outside`` projects on what earlier inputs do not span, ``inverse`` is pinv(X^T X); both are
    changed in place.
    """
    residual = np.einsum("nij,nj->ni", outside, x)
    length = np.einsum("ni,ni->n", residual, residual)
    new = length > _DEPENDENT * np.einsum("ni,ni->n", x, x)
    spread = np.einsum("nij,nj->ni", inverse, x)
    size = 1 + np.einsum("ni,ni->n", x, spread)
    gain = np.where(
        new[:, None],
        residual / np.where(new, length, 1.0)[:, None],
        spread / size[:, None],
    )
    outer = gain[:, :, None] * gain[:, None, :]
    cross = gain[:, :, None] * spread[:, None, :]
    grown = size[:, None, None] * outer - cross - cross.transpose(0, 2, 1)
    inverse += np.where(new[:, None, None], grown, -cross)
    outside -= np.where(new[:, None, None], gain[:, :, None] * residual[:, None, :], 0.0)
    return gain
