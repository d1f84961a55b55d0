"""Ridge regression along a sequence, exact and by an iteration (von Oswald et al. 2023, Prop. 2).

At token t the pairs (z_j, y_{j+1}) that lie in the past are regressed: z are the observations (or
features of them), y what follows. With A = sum of z z^T + ridge I,

    forecast_t = (sum of y_{j+1} z_j^T) A^-1 z_t.

Networks are compared with A^-1 z replaced by a second-order iteration of two trained numbers a
step. What is published as Chebyshev iteration is, in the released code: with nu = |A|_F and
m_0 = m_{-1} = tau_0 = z,

    tau_j = (I - alpha_j A / nu) tau_{j-1},   m_j = m_{j-1} + tau_j + beta_j (m_{j-1} - m_{j-2}),

and m_K / nu in place of A^-1 z; alpha = 1, beta = 0 is the Neumann series. The released controls
lag: the newest pair (y of token t itself) is left out, unlike in a gradient step.
"""

from typing import Any

import numpy as np
from jaxtyping import Float


def iterated_forecasts(
    regressors: Any, targets: Any, alpha: Any, beta: Any, ridge: float, lagged: bool
) -> Any:
    """Forecasts [sequence, token, outputs] at every t after K iterations and a gradient step.

    ``regressors`` are z [sequence, token, dim] and ``targets`` y [sequence, token, outputs] of the
    same tokens: y_{j+1} is what z_j should have forecast. ``alpha`` and ``beta`` are [K].
    Arrays of NumPy and JAX are taken, and given back.
    """
    xp = regressors.__array_namespace__()
    tokens, dim = regressors.shape[1:]
    pairs = _past(tokens, lagged)
    z, visible = regressors[:, :-1], xp.asarray(pairs, dtype=regressors.dtype)
    gram = xp.einsum("nid,njd->nij", z, z)
    scale = _frobenius(gram, pairs.sum(axis=1), dim, ridge)[..., None]
    scale = xp.where(scale > 0, scale, 1.0)

    def times_moments(x: Any) -> Any:
        scores = xp.einsum("ntd,njd->ntj", x, z) * visible
        return xp.einsum("ntj,njd->ntd", scores, z) + ridge * x

    before = now = tau = regressors
    for one_alpha, one_beta in zip(alpha, beta, strict=True):
        tau = tau - one_alpha * times_moments(tau) / scale
        before, now = now, now + tau + one_beta * (now - before)
    scores = xp.einsum("ntd,njd->ntj", now / scale, z) * visible
    return xp.einsum("ntj,njo->nto", scores, targets[:, 1:])


def ridge_forecasts(
    regressors: Float[np.ndarray, "sequence token dim"],
    targets: Float[np.ndarray, "sequence token output"],
    ridge: float,
    lagged: bool,
) -> Float[np.ndarray, "sequence token output"]:
    """Forecasts at every t of ridge regression on the past, by direct solves; ``ridge`` > 0."""
    z, y = np.asarray(regressors, float), np.asarray(targets, float)
    count, tokens, dim = z.shape
    forecasts = np.zeros(y.shape)
    moments = np.broadcast_to(ridge * np.eye(dim), (count, dim, dim)).copy()
    products = np.zeros((count, y.shape[2], dim))
    for t in range(1 + lagged, tokens):
        newest = t - lagged
        moments += z[:, newest - 1, :, None] * z[:, newest - 1, None]
        products += y[:, newest, :, None] * z[:, newest - 1, None]
        solved = np.linalg.solve(moments, z[:, t, :, None])
        forecasts[:, t] = (products @ solved)[..., 0]
    return forecasts


def stacked(observations: Any, count: int) -> Any:
    """z_t = [s_t, s_{t-1}, ..., s_{t-count+1}] with zeros before the first (App. D)."""
    xp = observations.__array_namespace__()
    tokens = observations.shape[1]
    shifted = [xp.pad(observations, ((0, 0), (lag, 0), (0, 0)))[:, :tokens] for lag in range(count)]
    return xp.concatenate(shifted, axis=2)


def _past(tokens: int, lagged: bool) -> np.ndarray:
    """Whether pair (z_j, y_{j+1}) counts at token t, [token, tokens - 1]."""
    return np.arange(tokens)[:, None] - lagged >= np.arange(1, tokens)


def _frobenius(gram: Any, known: np.ndarray, dim: int, ridge: float) -> Any:
    """|A_t|_F of A_t = sum over the first ``known`` pairs of z z^T + ridge I, [sequence, token]."""
    xp = gram.__array_namespace__()
    corners = xp.cumsum(xp.cumsum(gram**2, axis=1), axis=2)
    sums = [xp.einsum("nii->ni", corners), xp.cumsum(xp.einsum("nii->ni", gram), axis=1)]
    squares, traces = (xp.pad(x, ((0, 0), (1, 0)))[:, known] for x in sums)
    return xp.sqrt(squares + 2 * ridge * traces + dim * ridge**2)
