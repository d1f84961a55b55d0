"""Regressors of several observations, where a state is only partly seen (section 4, App. D)."""

from typing import Any


def stacked(observations: Any, depth: int) -> Any:
    """z_t = [s_t, s_{t-1}, ..., s_{t-depth+1}], zeros before the first, NumPy or JAX.

    ``observations`` [sequence, position, dim] to [sequence, position, depth * dim]. Where a state
    of n_h numbers is seen through n_s (von Oswald et al. 2024), depth >= n_h / n_s makes z_{t+1}
    linear in z_t. Regress s_{t+1} on z_t: the columns of a regression on z_{t+1} are the same.

    Raises:
        ValueError: ``depth`` is below 1.
    """
    if depth < 1:
        raise ValueError(f"depth must be at least 1, got {depth}")
    xp = observations.__array_namespace__()
    positions = observations.shape[1]
    shifted = [
        xp.pad(observations, ((0, 0), (back, 0), (0, 0)))[:, :positions] for back in range(depth)
    ]
    return xp.concatenate(shifted, axis=2)
