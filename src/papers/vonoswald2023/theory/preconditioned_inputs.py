"""What a preconditioned step has of its input: A_t^-1 x_t, by its iteration.

A_t = sum over the pairs before t of x x^T + ridge I, as in ``preconditioning``, whose predictions
are (sum of y x^T) times these vectors. They are what the layers below the last one are said to
compute (von Oswald et al. 2023, Proposition 2), and targets of probes (Figures 4F and 6B).
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from papers.vonoswald2023.theory.preconditioning import iterated

Inputs = Float[np.ndarray, "sequence token dim"]


def iterated_inputs(inputs: Inputs, alpha: Any, beta: Any, ridge: float, *, lag: int = 0) -> Inputs:
    """The second-order iteration's vector in place of A_t^-1 x_t, float64.

    ``alpha`` and ``beta`` hold a number per step. Moments are of the tokens 0..t-1-lag. ``ridge``
    must be positive: at first nothing is known.
    """
    found = np.empty(inputs.shape)
    for t, moments, x in _moments(inputs, ridge, lag):
        norm = np.linalg.norm(moments, axis=(1, 2))
        change = partial(_change, moments / norm[:, None, None])
        found[:, t] = iterated(x, change, alpha, beta) / norm[:, None]
    return found


def _change(scaled: np.ndarray, alpha: float, tau: np.ndarray) -> Any:
    return alpha * np.einsum("nij,nj->ni", scaled, tau)


def _moments(inputs: Inputs, ridge: float, lag: int) -> Iterator[tuple[int, Any, Any]]:
    """Every token t, A_t [sequence, dim, dim] and x_t [sequence, dim]."""
    if not ridge > 0:
        raise ValueError(f"ridge must be positive, got {ridge}")
    if lag < 0:
        raise ValueError(f"lag must be 0 or more, got {lag}")
    x = np.asarray(inputs, float)
    moments = np.tile(ridge * np.eye(x.shape[2]), (len(x), 1, 1))
    for t in range(x.shape[1]):
        if t > lag:
            new = x[:, t - 1 - lag]
            moments = moments + new[:, :, None] * new[:, None, :]
        yield t, moments, x[:, t]
