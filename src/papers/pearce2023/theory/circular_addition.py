"""Addition modulo M by hand-made weights on a circle (Pearce et al. 2023, appendix).

Two numbers are points on the unit circle; the mean of the points lies at half the angle of the
sum. Doubling that angle gives the answer: exactly by reading a circle of 2M half-step points
(linear, A1), nearly by N ReLU neurons whose out-directions lie at twice their in-angle (A2-A5),
exactly again with a square in place of the ReLU (A6). Angles are in radians, counter-clockwise.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Activation = Callable[[Floats], Floats]

UNDETERMINED = -1
"""Answer where the output vector vanishes, so that no number is nearest."""

VANISHING = 1e-9
"""Length below which a mean point or an output vector counts as zero (lengths are of order 1)."""


def relu(x: Floats) -> Floats:
    """Elementwise max(x, 0)."""
    return np.maximum(x, 0.0)


def all_pairs(modulus: int) -> tuple[Ints, Ints]:
    """All ordered pairs (a, b), a-major, each of shape [M * M]."""
    grid = np.arange(modulus, dtype=np.int64)
    return np.repeat(grid, modulus), np.tile(grid, modulus)


def embedding(modulus: int) -> Floats:
    """Rows (cos, sin)(2 pi i / M), shape [M, 2] (F9; W_embed of the appendix)."""
    return _on_circle(2 * np.pi * np.arange(modulus) / modulus)


def in_directions(neurons: int, rotation: float = 0.0) -> Floats:
    """Rows (cos, sin)(2 pi i / N + rotation), shape [N, 2] (W_in-proj of the appendix)."""
    return _on_circle(2 * np.pi * np.arange(neurons) / neurons + rotation)


def out_directions(neurons: int, rotation: float = 0.0) -> Floats:
    """In-directions at twice their angle, shape [N, 2] (W_out-proj of the appendix)."""
    return _on_circle(2 * (2 * np.pi * np.arange(neurons) / neurons + rotation))


def mean_points(a: Ints, b: Ints, modulus: int) -> Floats:
    """Mean of the two embedded numbers, shape [..., 2], of length abs(cos(pi (a - b) / M))."""
    rows = embedding(modulus)
    return (rows[a] + rows[b]) / 2


def read_half_steps(points: Floats, modulus: int) -> Ints:
    """Label of the nearest of 2M half-step points, [...] (A1); -1 where a point vanishes."""
    return np.where(_vanished(points), UNDETERMINED, _nearest(points, 2 * modulus) % modulus)


def read_numbers(points: Floats, modulus: int) -> Ints:
    """Number whose embedding is nearest in angle, [...] (A2); -1 where a point vanishes."""
    return np.where(_vanished(points), UNDETERMINED, _nearest(points, modulus) % modulus)


def outputs(
    points: Floats, neurons: int, rotation: float = 0.0, activation: Activation = relu
) -> Floats:
    """Sum over neurons of activation(<point, in-direction>) times out-direction, [..., 2] (A2)."""
    projections = activation(points @ in_directions(neurons, rotation).T)
    return projections @ out_directions(neurons, rotation)


def logits(output: Floats, modulus: int) -> Floats:
    """Inner products of output vectors with every embedded number, shape [..., M]."""
    return output @ embedding(modulus).T


def half_step_errors(neurons: int, modulus: int, rotation: float = 0.0) -> Floats:
    """Angle of the output less its target at the 2M possible mean angles, shape [2M] (A4).

    In units of one number (2 pi / M). The output's angle depends on the mean point's angle alone,
    and that angle is a multiple of pi / M, so these are the errors of all pairs whose mean does
    not vanish. An output that vanishes has an error of half the circle, M / 2.
    """
    angles = np.pi * np.arange(2 * modulus) / modulus
    output = outputs(_on_circle(angles), neurons, rotation)
    difference = np.arctan2(output[:, 1], output[:, 0]) - 2 * angles
    error = _wrap(difference) * modulus / (2 * np.pi)
    return np.where(_vanished(output), modulus / 2, error)


def accuracy(
    neurons: int, modulus: int, rotation: float = 0.0, activation: Activation = relu
) -> float:
    """Share of the M * M ordered pairs that the construction adds rightly (A2, A4, A6)."""
    a, b = all_pairs(modulus)
    answer = read_numbers(
        outputs(mean_points(a, b, modulus), neurons, rotation, activation), modulus
    )
    return float(np.mean(answer == (a + b) % modulus))


def largest_perfect_modulus(
    neurons: int, largest: int, smallest: int = 2, rotation: float = 0.0
) -> int:
    """Largest M up to which every pair with a non-vanishing mean is added rightly (A5).

    Counts up from ``smallest`` and stops before the first M that fails; ``smallest - 1`` if that
    one fails already.
    """
    for modulus in range(smallest, largest + 1):
        if np.abs(half_step_errors(neurons, modulus, rotation)).max() >= 0.5:
            return modulus - 1
    return largest


def square_formula(a: Ints, b: Ints, modulus: int) -> Floats:
    """cos^2((a - b) w / 2) cos((a + b - c) w) with w = 2 pi / M, shape [..., M] (A6).

    The logits of the construction with a square activation are N / 4 times this.
    """
    w = 2 * np.pi / modulus
    c = np.arange(modulus)
    scale = np.cos((a - b) * w / 2) ** 2
    return scale[..., None] * np.cos((a + b)[..., None] * w - c * w)


def _on_circle(angles: Floats) -> Floats:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _wrap(angles: Floats) -> Floats:
    return (angles + np.pi) % (2 * np.pi) - np.pi


def _nearest(points: Floats, steps: int) -> Ints:
    angles = np.arctan2(points[..., 1], points[..., 0])
    return np.asarray(np.rint(angles * steps / (2 * np.pi)), np.int64)


def _vanished(points: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.linalg.norm(points, axis=-1) < VANISHING)
