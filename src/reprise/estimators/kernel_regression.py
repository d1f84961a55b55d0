"""Softmax kernel regression along a sequence: what one layer of softmax attention can do alone.

The prediction at t averages the targets of earlier positions with weights softmax(beta x_i . x_t):
no regression, but lookup of similar states (von Oswald et al. 2024, section on induction heads).
"""

import numpy as np
from jaxtyping import Float


def kernel_predictions(
    inputs: Float[np.ndarray, "sequence position dim"],
    targets: Float[np.ndarray, "sequence position out"],
    beta: float,
    *,
    lag: int = 0,
) -> Float[np.ndarray, "sequence position out"]:
    """Predictions of ``targets[:, t]`` from the pairs 0..t-1-lag, float64; 0 where there is none.

    ``beta`` is the inverse temperature; 0 gives the mean of the known targets.
    """
    if lag < 0:
        raise ValueError(f"lag must be 0 or more, got {lag}")
    x, y = np.asarray(inputs, float), np.asarray(targets, float)
    positions = x.shape[1]
    found = np.zeros(y.shape)
    for t in range(lag + 1, positions):
        logits = beta * np.einsum("nid,nd->ni", x[:, : t - lag], x[:, t])
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        found[:, t] = np.einsum("ni,nio->no", weights, y[:, : t - lag])
    return found
