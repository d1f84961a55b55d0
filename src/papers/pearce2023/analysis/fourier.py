"""Real Fourier analysis of weights over the residues 0..M-1, and the quantities read off it.

Weights are [..., M, neuron] throughout: pass ``W_input`` as it is, ``W_output`` transposed.
Source: Pearce et al. 2023, notebook cells 30 and 38 and figures F3, F16-F18.
"""

import numpy as np
from numpy.typing import ArrayLike


def basis(modulus: int) -> np.ndarray:
    """Orthonormal rows [M, M]: constant, cos 1, sin 1, ...; for even M the last alternates."""
    angle = 2 * np.pi * np.arange(modulus) / modulus
    rows = [np.ones(modulus)]
    for k in range(1, modulus // 2 + 1):
        rows.append(np.cos(k * angle))
        if 2 * k != modulus:
            rows.append(np.sin(k * angle))
    stacked = np.stack(rows)
    return stacked / np.linalg.norm(stacked, axis=1, keepdims=True)


def frequency_of_row(modulus: int) -> np.ndarray:
    """Frequency of each row of ``basis``: 0, 1, 1, 2, 2, ...; int [M]."""
    return (np.arange(modulus) + 1) // 2


def transform(weights: np.ndarray) -> np.ndarray:
    """Coefficients [..., M, neuron] of ``weights`` [..., M, neuron] in ``basis``, in float64."""
    weights = np.asarray(weights, np.float64)
    return basis(weights.shape[-2]) @ weights


def power(coefficients: np.ndarray) -> np.ndarray:
    """P_k = cos_k^2 + sin_k^2 [..., frequency 0..M//2, neuron] of coefficients [..., M, neuron]."""
    modulus = coefficients.shape[-2]
    powers = np.zeros((*coefficients.shape[:-2], modulus // 2 + 1, coefficients.shape[-1]))
    for row, k in enumerate(frequency_of_row(modulus)):
        powers[..., k, :] += coefficients[..., row, :] ** 2
    return powers


def concentration(weights: np.ndarray) -> np.ndarray:
    """Share of the total power, constant included, in the five strongest frequencies >= 1; [...].

    Powers are summed over neurons before the strongest are chosen. NaN where all weights are zero.
    """
    summed = power(transform(weights)).sum(axis=-1)
    best = np.sort(summed[..., 1:], axis=-1)[..., -5:]
    return _ratio(best.sum(axis=-1), summed.sum(axis=-1))


def own_share(weights: np.ndarray) -> np.ndarray:
    """Share of each neuron's power, constant included, in its best frequency >= 1 [..., neuron]."""
    powers = power(transform(weights))
    return _ratio(powers[..., 1:, :].max(axis=-2), powers.sum(axis=-2))


def neuron_frequencies(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequency (0: constant) and size of each neuron's largest coefficient in absolute value.

    Both [..., neuron]. The published rule: the largest single cosine or sine, not the largest pair.
    """
    size = np.abs(transform(weights))
    row = size.argmax(axis=-2)
    return frequency_of_row(size.shape[-2])[row], size.max(axis=-2)


def vectors(weights: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """(cos, sin) coefficients [neuron, 2] of weights [M, neuron] at one frequency per neuron.

    Raises:
        ValueError: a frequency has no cosine or no sine (0, and M/2 for even M).
    """
    coefficients = transform(weights)
    frequencies = np.asarray(frequencies)
    if np.any((frequencies < 1) | (2 * frequencies >= coefficients.shape[0])):
        raise ValueError(f"frequencies must lie in 1..{(coefficients.shape[0] - 1) // 2}")
    neuron = np.arange(coefficients.shape[1])
    return np.stack(
        [coefficients[2 * frequencies - 1, neuron], coefficients[2 * frequencies, neuron]], axis=1
    )


def phases(vectors: np.ndarray) -> np.ndarray:
    """Angles in radians, in (-pi, pi], of (cos, sin) vectors [..., 2]."""
    return np.arctan2(vectors[..., 1], vectors[..., 0])


def angle_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Absolute difference of two angles on the circle, radians in [0, pi]."""
    difference = np.asarray(first) - np.asarray(second)
    return np.abs((difference + np.pi) % (2 * np.pi) - np.pi)


def circular_gaps(angles: np.ndarray) -> np.ndarray:
    """Gaps [n] between neighbouring angles [n] (radians) around the circle; they sum to 2 pi."""
    ordered = np.sort(np.asarray(angles) % (2 * np.pi))
    return np.diff(np.append(ordered, ordered[0] + 2 * np.pi))


def _ratio(part: ArrayLike, whole: ArrayLike) -> np.ndarray:
    return np.asarray(part / np.where(np.asarray(whole) > 0, whole, np.nan))
