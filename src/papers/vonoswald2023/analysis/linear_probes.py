"""Linear probes: how well a linear map of activations gives a target (von Oswald et al. 2023).

Maps have no intercept. The published error is that of the samples the map was fitted to; the
held-out error is that of samples it was not fitted to.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

FAR = 2.0
"""Samples whose target is longer than the mean by so many deviations are left out on request."""

Batch = Float[np.ndarray, "position sample _"]


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
    """Errors of least-squares maps, one per position.

    In sample: of maps fitted to every ``batch`` samples in turn, mean over batches (the published
    probes: five batches of 256, Methods). Held out: of the map fitted to all other batches, so that
    p features lose a share of p / n to chance with n samples of the whole, not of a batch. Samples
    beyond a whole number of batches are left out; with ``drop_far`` those of a batch whose targets
    are far longer than the others, too. Directions below the resolution of the activations' type
    are not used.

    Raises:
        ValueError: there are fewer than two batches.
    """
    batches = len(activations) // batch
    if batches < 2:
        raise ValueError(f"two batches of {batch} samples are needed, got {len(activations)}")
    # Rounding of single precision is no feature: a stream of rank 10 keeps its rank.
    resolution = np.finfo(np.result_type(activations.dtype, np.float32)).eps
    cutoff = float(resolution) * max(batch, activations.shape[2])
    parts = [
        _part(activations, targets, number * batch, batch, drop_far) for number in range(batches)
    ]
    moments = [_moments(part) for part in parts]
    whole = _Moments(*(np.sum(own, axis=0) for own in zip(*moments, strict=True)))
    inside = [_error(part, _fitted(own, cutoff)) for part, own in zip(parts, moments, strict=True)]
    outside = [
        _error(part, _fitted(_Moments(whole.xx - own.xx, whole.xy - own.xy), cutoff))
        for part, own in zip(parts, moments, strict=True)
    ]
    return Errors(np.mean(inside, axis=0), np.mean(outside, axis=0))


class _Part(NamedTuple):
    """One batch, double precision; samples that are left out are zero and have no weight."""

    x: Batch
    y: Batch
    weight: Float[np.ndarray, "position sample"]


class _Moments(NamedTuple):
    """Second moments: their double precision resolves the square of single precision's."""

    xx: Float[np.ndarray, "position feature feature"]
    xy: Float[np.ndarray, "position feature out"]


def _part(x: np.ndarray, y: np.ndarray, start: int, count: int, drop_far: bool) -> _Part:
    x, y = (np.asarray(array[start : start + count], float).swapaxes(0, 1) for array in (x, y))
    norms = np.linalg.norm(y, axis=2)
    bound = norms.mean(axis=1) + FAR * norms.std(axis=1) if drop_far else np.inf
    near = (norms <= np.reshape(bound, (-1, 1))).astype(float)
    return _Part(x * near[..., None], y * near[..., None], near)


def _moments(part: _Part) -> _Moments:
    transposed = part.x.swapaxes(1, 2)
    return _Moments(transposed @ part.x, transposed @ part.y)


def _fitted(moments: _Moments, cutoff: float) -> Float[np.ndarray, "position feature out"]:
    """The maps of least squares and least norm, without directions below ``cutoff``."""
    values, vectors = np.linalg.eigh(moments.xx)
    kept = values > cutoff**2 * values[:, -1:]
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    turned = vectors.swapaxes(1, 2) @ moments.xy
    found: np.ndarray = vectors @ (inverse[..., None] * turned)
    return found


def _error(part: _Part, fitted: np.ndarray) -> Float[np.ndarray, " position"]:
    squares = ((part.y - part.x @ fitted) ** 2).sum(axis=(1, 2))
    return np.asarray(0.5 * squares / part.weight.sum(axis=1))
