"""The lasso on the pairs before each x: min over w of |y - Xw|^2 / (2n) + alpha |w|_1.

Without intercept, for all prompts and positions side by side: coordinate descent, then the
feature-sign search of Lee et al. 2007. Garg et al. 2022 fix alpha = 0.01, the best of ``ALPHAS``
after ten pairs.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

ALPHAS = (1.0, 0.1, 0.01, 0.001, 0.0001)

_LANES = 4096
"""Problems solved together."""

_SWEEPS = 10
"""Sweeps of coordinate descent before the search; most supports are found by then."""

_ROUNDS = 400
"""Most rounds of the search."""

_JITTER = 1e-13
"""Added to the diagonal, so that supports larger than the number of pairs fail without an error."""

_SLACK = 1e-5
"""By how much, relative to alpha, optimality conditions may be missed."""


def lasso(
    inputs: Float[np.ndarray, "prompt pair dim"],
    y: Float[np.ndarray, "prompt pair"],
    alphas: Sequence[float] = (0.01,),
) -> Float[np.ndarray, "alpha prompt pair"]:
    """Predictions for each of ``alphas``, which must fall; 0 where there are no pairs.

    Exact: the search ends at the optimum, a weight per round. Each alpha starts from the
    solution of the one before.

    Raises:
        ValueError: ``alphas`` do not fall, or are not positive.
    """
    if list(alphas) != sorted(set(alphas), reverse=True) or not alphas or alphas[-1] <= 0:
        raise ValueError(f"alphas must be positive and fall, got {list(alphas)}")
    count, pairs, dims = inputs.shape
    found = np.zeros((len(alphas), count, pairs))
    step = max(1, _LANES // pairs)
    for i in range(0, count, step):
        x = np.asarray(inputs[i : i + step], float)
        gram, correlation = _problems(x, np.asarray(y[i : i + step], float))
        weights = np.zeros_like(correlation)
        for k, alpha in enumerate(alphas):
            _solve(gram, correlation, weights, alpha)
            by_position = weights.reshape(dims, len(x), pairs - 1)
            found[k, i : i + step, 1:] = np.einsum("dnp,npd->np", by_position, x[:, 1:])
    return found


def _problems(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """X^T X / n [dim, dim, lane] and X^T y / n [dim, lane] of the first n = 1.. pairs."""
    count, pairs, dims = x.shape
    n = np.arange(1, pairs)
    gram = np.cumsum(np.einsum("npi,npj->ijnp", x, x), axis=3)[..., :-1] / n
    correlation = np.cumsum(np.einsum("npi,np->inp", x, y), axis=2)[..., :-1] / n
    lanes = count * (pairs - 1)
    return gram.reshape(dims, dims, lanes), correlation.reshape(dims, lanes)


def _solve(gram: np.ndarray, correlation: np.ndarray, weights: np.ndarray, alpha: float) -> None:
    """Move ``weights`` [dim, lane] to the solutions, in place; solved lanes leave the working set.

    Each round goes to the exact solution for the present signs or, where a weight changes its sign
    on the way, as far as there; a weight that should not be 0 then joins (feature-sign search).
    """
    open_ = np.arange(weights.shape[1])
    g, c, w = gram, correlation, weights.copy()
    for _ in range(_SWEEPS):
        _sweep(g, c, w, alpha)
    for _ in range(_ROUNDS):
        exact, solved = _given_signs(g, c, np.sign(w), alpha)
        w, blocked = _until_zero(w, exact)
        weights[:, open_] = np.where(solved, exact, w)
        if solved.all():
            return
        rest = ~solved
        open_, g, c, w = open_[rest], g[:, :, rest], c[:, rest], w[:, rest]
        _join(g, c, w, alpha, ~blocked[rest])


def _join(
    gram: np.ndarray, correlation: np.ndarray, weights: np.ndarray, alpha: float, lanes: np.ndarray
) -> None:
    """In the ``lanes`` (booleans), let in the weight of the steepest slope, in place."""
    slope = correlation - np.einsum("ijm,jm->im", gram, weights)
    slope = np.where(weights == 0, slope, 0.0)
    steepest = np.abs(slope).argmax(axis=0)
    lane = np.flatnonzero(lanes)
    push = slope[steepest[lane], lane]
    scale = gram[steepest[lane], steepest[lane], lane]
    step = (push - np.clip(push, -alpha, alpha)) / np.where(scale > 0, scale, 1.0)
    weights[steepest[lane], lane] += step


def _until_zero(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From ``start`` towards ``end``, both [dim, lane], until a weight vanishes; and where one did.

    The objective falls on the way: it is quadratic while no sign changes.
    """
    crossing = start * end < 0
    share = np.where(crossing, start / np.where(crossing, start - end, 1.0), 1.0)
    nearest = share.min(axis=0)
    reached = start + nearest * (end - start)
    stopped = np.where(crossing & (share <= nearest), 0.0, reached)
    return stopped, crossing.any(axis=0)


def _sweep(gram: np.ndarray, correlation: np.ndarray, weights: np.ndarray, alpha: float) -> None:
    """One coordinate after the other to its minimum, in place."""
    for j in range(len(weights)):
        scale = gram[j, j]
        push = correlation[j] - np.einsum("im,im->m", gram[j], weights) + scale * weights[j]
        shrunk = push - np.clip(push, -alpha, alpha)
        weights[j] = shrunk / np.where(scale > 0, scale, 1.0)


def _given_signs(
    gram: np.ndarray, correlation: np.ndarray, signs: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """The stationary weights [dim, lane] of given signs, and in which lanes they are optimal."""
    inside = signs != 0
    both = inside[:, None] & inside[None]
    system = np.where(both, gram, 0.0).transpose(2, 0, 1).copy()
    diagonal = np.arange(len(signs))
    system[:, diagonal, diagonal] += np.where(inside, _JITTER, 1.0).T
    target = np.where(inside, correlation - alpha * signs, 0.0)
    weights = np.linalg.solve(system, target.T[..., None])[..., 0].T
    slope = correlation - np.einsum("ijm,jm->im", gram, weights)
    agree = np.where(inside, weights * signs > 0, np.abs(slope) <= alpha * (1 + _SLACK))
    stationary = np.abs(slope - alpha * signs) <= _SLACK * alpha
    return weights, (agree & (stationary | ~inside)).all(axis=0)
