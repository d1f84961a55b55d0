"""Mean of the nearest neighbours among the pairs before each x (Garg et al. 2022: three)."""

import numpy as np
from jaxtyping import Float


def nearest_neighbours(
    inputs: Float[np.ndarray, "prompt pair dim"],
    y: Float[np.ndarray, "prompt pair"],
    neighbours: int = 3,
) -> Float[np.ndarray, "prompt pair"]:
    """Mean label of the ``neighbours`` nearest earlier x (all, where there are fewer), else 0.

    Distances are Euclidean; of equally near ones the earlier counts.
    """
    inputs = np.asarray(inputs, float)
    found = np.zeros(y.shape)
    for n in range(1, y.shape[1]):
        distance = ((inputs[:, :n] - inputs[:, n : n + 1]) ** 2).sum(axis=2)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :neighbours]
        found[:, n] = np.take_along_axis(y[:, :n], nearest, axis=1).mean(axis=1)
    return found
