"""Linear probes: how well a linear map of activations gives a target (von Oswald et al. 2023).

Maps have no intercept. The published error is that of the samples the map was fitted to; the
held-out error, of samples it was not, has no bias from fitting.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

FAR = 2.0
"""Samples whose target is longer than the mean by so many deviations are left out on request."""

Samples = Float[np.ndarray, "_ _"]


class Errors(NamedTuple):
    """Half the squared error, summed over numbers, mean over samples; one value per position."""

    in_sample: Float[np.ndarray, " position"]
    held_out: Float[np.ndarray, " position"]


def probe_errors(
    activations: Float[np.ndarray, "sample position feature"],
    targets: Float[np.ndarray, "sample position out"],
    batch: int = 256,
    drop_far: bool = False,
) -> Errors:
    """Errors of least-squares maps, one per position, fitted to every ``batch`` samples in turn.

    Each map is tried on the next batch, too; errors are means over batches (the published probes:
    five batches of 256, Methods). Samples beyond a whole number of batches are left out; with
    ``drop_far`` those of a batch whose targets are far longer than the others, too. Directions
    below the resolution of the activations' type are not used.

    Raises:
        ValueError: there are fewer than two batches.
    """
    batches = len(activations) // batch
    if batches < 2:
        raise ValueError(f"two batches of {batch} samples are needed, got {len(activations)}")
    # Rounding of single precision is no feature: a stream of rank 10 keeps its rank.
    resolution = np.finfo(np.result_type(activations.dtype, np.float32)).eps
    inside, outside = np.zeros((2, batches, activations.shape[1]))
    for position in range(activations.shape[1]):
        parts = [
            _part(activations[:, position], targets[:, position], number * batch, batch, drop_far)
            for number in range(batches)
        ]
        for number, (x, y) in enumerate(parts):
            fitted = np.linalg.lstsq(x, y, rcond=resolution * max(x.shape))[0]
            inside[number, position] = _error(x, y, fitted)
            outside[number, position] = _error(*parts[(number + 1) % batches], fitted)
    return Errors(inside.mean(axis=0), outside.mean(axis=0))


def _part(
    x: np.ndarray, y: np.ndarray, start: int, count: int, drop_far: bool
) -> tuple[Samples, Samples]:
    x, y = (np.asarray(array[start : start + count], float) for array in (x, y))
    if not drop_far:
        return x, y
    norms = np.linalg.norm(y, axis=1)
    near = norms <= norms.mean() + FAR * norms.std()
    return x[near], y[near]


def _error(x: Samples, y: Samples, fitted: np.ndarray) -> float:
    return float(0.5 * ((y - x @ fitted) ** 2).sum(axis=1).mean())
