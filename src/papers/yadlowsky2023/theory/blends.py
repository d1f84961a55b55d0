"""Blend coefficients: how much of a line and of a sine a predicted curve has."""

import numpy as np
from jaxtyping import Float


def blend(
    curves: Float[np.ndarray, "prompt query"],
    line: Float[np.ndarray, "prompt query"],
    sine: Float[np.ndarray, "prompt query"],
) -> Float[np.ndarray, "prompt 2"]:
    """Coefficients of ``line`` and ``sine`` in the least-squares fit of each curve.

    A constant is fitted, too. Pure selection gives about (1, 0) or (0, 1), the combination of
    weight alpha gives (alpha, 1 - alpha). NaN for prompts whose three columns are dependent.
    """
    columns = np.stack([line, sine], axis=-1).astype(float)
    columns -= columns.mean(axis=1, keepdims=True)
    centred = curves - curves.mean(axis=1, keepdims=True)
    gram = columns.swapaxes(1, 2) @ columns
    determinant = gram[:, 0, 0] * gram[:, 1, 1] - gram[:, 0, 1] ** 2
    able = determinant > 1e-12 * np.maximum(gram[:, 0, 0], gram[:, 1, 1]) ** 2
    safe = np.where(able[:, None, None], gram, np.eye(2))
    target = np.einsum("nqk,nq->nk", columns, centred)
    found = np.linalg.solve(safe, target[..., None])[..., 0]
    return np.where(able[:, None], found, np.nan)
