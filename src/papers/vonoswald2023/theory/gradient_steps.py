"""One gradient step on a sequence's own prediction loss (von Oswald et al. 2023, Proposition 1).

With L_t(Phi) = 1/2 sum over t' < t of |s_{t'+1} - Phi s_t'|^2, the step from Phi_0 predicts

    Phi_0 s_t + eta * (sum over t' <= t of (s_t' - Phi_0 s_{t'-1}) s_{t'-1}^T) s_t,   s_0 = 0:

one rate for all t, and the newest pair (s_{t-1}, s_t) counts.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from papers.vonoswald2023.tasks.sequence_tokens import previous

Sequences = Float[np.ndarray, "sequence token dim"]


def gradient_step(
    observations: Sequences, rate: float, initial: Float[np.ndarray, "dim dim"] | None = None
) -> Sequences:
    """Predictions of s_{t+1} at every t by one step of size ``rate`` from ``initial`` (or 0).

    The paper's GD-1: 0.032 for orthogonal dynamics, 0.000883 for contracting ones (line searches).
    """
    s = np.asarray(observations, float)
    before = previous(s)
    start = np.zeros((s.shape[2],) * 2) if initial is None else initial
    residual = s - before @ start.T
    return s @ start.T + rate * _attend(before, residual, s)


def best_rate(observations: Sequences, targets: Sequences) -> float:
    """The rate of least squared error from Phi_0 = 0; ``targets`` holds s_{t+1} for every t.

    Predictions are proportional to the rate, so that its optimum is a closed form.
    """
    direction = gradient_step(observations, 1.0)
    return float((direction * targets).sum() / (direction**2).sum())


class Scalars(NamedTuple):
    """What one layer on tokens (s_t, s_{t-1}) is, if all blocks are multiples of I: six per head.

    Each field is [head]. A head adds (p s_t' + p_before s_{t'-1}) times the score
    s_t'.(a s_t + b s_{t-1}) + s_{t'-1}.(e s_t + g s_{t-1}), summed over t' <= t. One gradient step
    has e * p = rate and else zeros; Phi_0 = f I shows as p_before = -f p.
    """

    a: Float[np.ndarray, " head"]
    b: Float[np.ndarray, " head"]
    e: Float[np.ndarray, " head"]
    g: Float[np.ndarray, " head"]
    p: Float[np.ndarray, " head"]
    p_before: Float[np.ndarray, " head"]


def read_scalars(
    kq: Float[np.ndarray, "head slots slots"],
    pv: Float[np.ndarray, "head slots slots"],
    current: int = 2,
    before: int = 3,
) -> Scalars:
    """The family's member of a layer of block means ``kq`` = W_k^T W_q and ``pv`` = P W_v.

    ``current`` and ``before`` are the tokens' slots of s_t and s_{t-1}, slot 0 is the prediction's.
    """
    return Scalars(
        a=kq[:, current, current],
        b=kq[:, current, before],
        e=kq[:, before, current],
        g=kq[:, before, before],
        p=pv[:, 0, current],
        p_before=pv[:, 0, before],
    )


def scalar_predictions(observations: Sequences, scalars: Scalars) -> Sequences:
    """Predictions at every t of the network with these scalars (two heads: twelve of them)."""
    s = np.asarray(observations, float)
    before = previous(s)
    total = np.zeros_like(s)
    for a, b, e, g, p, p_before in zip(*scalars, strict=True):
        value = p * s + p_before * before
        total += _attend(s, value, a * s + b * before) + _attend(before, value, e * s + g * before)
    return total


def _attend(keys: Sequences, values: Sequences, queries: Sequences) -> Sequences:
    """Sum over t' <= t of values_t' (keys_t' . queries_t)."""
    return np.tril(queries @ keys.swapaxes(1, 2)) @ values
