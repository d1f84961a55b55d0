"""The noise at which exact Bayes predicts most like a network trained on noise-free labels.

A network cannot tell labels apart to arbitrary precision; Bayes averaging of dense and sparse
functions with Gaussian noise on the labels models that by one number, about 0.1 to 0.3.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from papers.yadlowsky2023.theory.class_average import average
from papers.yadlowsky2023.theory.linear_bayes import linear_class

CANDIDATES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


def effective_noise(
    predictions: Float[np.ndarray, "prompt pair"],
    inputs: Float[np.ndarray, "prompt pair dim"],
    y: Float[np.ndarray, "prompt pair"],
    nonzeros: int,
    dense_share: float = 0.5,
    candidates: Sequence[float] = CANDIDATES,
) -> tuple[float, Float[np.ndarray, " candidate"]]:
    """The best of ``candidates`` and the mean squared distance of each to ``predictions``.

    ``predictions`` are the network's at every x; ``nonzeros`` and ``dense_share`` those of the
    mixture it was trained on.
    """
    dims = inputs.shape[2]
    priors = {"dense": dense_share, "sparse": 1 - dense_share}
    distances = []
    for noise in candidates:
        classes = {
            "dense": linear_class(inputs, y, dims, noise),
            "sparse": linear_class(inputs, y, nonzeros, noise),
        }
        distances.append(((average(classes, priors) - predictions) ** 2).mean())
    return candidates[int(np.argmin(distances))], np.array(distances)
