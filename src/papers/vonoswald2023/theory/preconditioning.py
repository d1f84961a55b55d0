"""Regression along a sequence by a preconditioned gradient step (von Oswald et al. 2023, Prop. 2).

At token t the pairs (x_j, y_j) of earlier tokens are known; for a sequence s_1, s_2, ... they are
(s_j, s_{j+1}). With A = sum of x x^T + ridge I, ridge regression predicts

    (sum of y_j x_j^T) A^-1 x_t.

Networks are compared with A^-1 x replaced by a second-order iteration of two trained numbers a
step. What is published as Chebyshev iteration is, in the released code: with nu = |A|_F and
m_0 = m_{-1} = tau_0 = x_t,

    tau_j = (I - alpha_j A / nu) tau_{j-1},   m_j = m_{j-1} + tau_j + beta_j (m_{j-1} - m_{j-2}),

and m_K / nu in place of A^-1 x_t; alpha = 1, beta = 0 is the Neumann series. The released control
leaves out the newest pair (``lag`` = 1), which a gradient step uses.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

CHUNK = 64
"""Sequences at a time in ``chunked_predictions``."""


def iterated_predictions(
    inputs: Any, targets: Any, alpha: Any, beta: Any, ridge: float, *, lag: int = 0
) -> Any:
    """Predictions of ``targets[:, t]`` from the pairs 0..t-1-lag, after K iterations and a step.

    ``inputs`` [sequence, token, dim], ``targets`` [sequence, token, out], ``alpha`` and ``beta``
    [K]; gives [sequence, token, out]. Arrays of NumPy and JAX are taken, and given back.
    """
    xp = inputs.__array_namespace__()
    tokens, dim = inputs.shape[1:]
    known = np.tril(np.ones((tokens, tokens), bool), -1 - lag)
    visible = xp.asarray(known, dtype=inputs.dtype)
    # NumPy multiplies matrices many times faster than it contracts indices.
    across = inputs.swapaxes(1, 2)
    gram = inputs @ across
    norm = _frobenius(gram, known.sum(axis=1), dim, ridge)[..., None]
    norm = xp.where(norm > 0, norm, 1.0)

    def change(one_alpha: Any, tau: Any) -> Any:
        return one_alpha * ((tau @ across * visible) @ inputs + ridge * tau) / norm

    found = iterated(inputs, change, alpha, beta)
    return (found / norm @ across * visible) @ targets


def chunked_predictions(
    inputs: np.ndarray, targets: np.ndarray, alpha: Any, beta: Any, ridge: float, *, lag: int = 0
) -> np.ndarray:
    """``iterated_predictions``, some sequences at a time: their moments stay in the cache."""
    starts = range(0, len(inputs), CHUNK)
    parts = [
        iterated_predictions(
            inputs[n : n + CHUNK], targets[n : n + CHUNK], alpha, beta, ridge, lag=lag
        )
        for n in starts
    ]
    return np.concatenate(parts)


def iterated(x: Any, change: Callable[[Any, Any], Any], alpha: Any, beta: Any) -> Any:
    """m_K from m_0 = ``x``; ``change(alpha_j, tau)`` is alpha_j A tau / nu."""
    before = now = tau = x
    for one_alpha, one_beta in zip(alpha, beta, strict=True):
        tau = tau - change(one_alpha, tau)
        before, now = now, now + tau + one_beta * (now - before)
    return now


def _frobenius(gram: Any, known: np.ndarray, dim: int, ridge: float) -> Any:
    """|A_t|_F of A_t = sum over the first ``known`` pairs of x x^T + ridge I, [sequence, token]."""
    xp = gram.__array_namespace__()
    corners = xp.cumsum(xp.cumsum(gram**2, axis=1), axis=2)
    sums = [xp.einsum("nii->ni", corners), xp.cumsum(xp.einsum("nii->ni", gram), axis=1)]
    squares, traces = (xp.pad(x, ((0, 0), (1, 0)))[:, known] for x in sums)
    return xp.sqrt(squares + 2 * ridge * traces + dim * ridge**2)
