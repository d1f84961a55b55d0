"""Neurons of a modular-addition network grouped by frequency, and the logits of one group.

Shapes: ``w_input`` [M, neuron], ``w_output`` [neuron, M]. Source: Pearce et al. 2023, F3, F15-F20.
"""

from dataclasses import dataclass

import numpy as np

from papers.pearce2023.analysis import fourier

CUT_OFF = 10.0
"""Neurons whose largest coefficient is smaller belong to no group (rule of the 450-seed sweep)."""


@dataclass(frozen=True)
class Neurons:
    """Per neuron [neuron]: its frequency, the group it is counted in, its vectors there."""

    frequency: np.ndarray
    """Frequency of the largest coefficient of ``w_input``; 0 is the constant."""
    group: np.ndarray
    """The frequency where the coefficient reaches the cut-off, else 0."""
    size: np.ndarray
    """The largest coefficient, absolute."""
    in_vector: np.ndarray
    """(cos, sin) coefficients of ``w_input`` at the frequency, [neuron, 2]; 0 at the constant."""
    out_vector: np.ndarray
    """The same of ``w_output``."""

    @property
    def groups(self) -> list[int]:
        """Frequencies that have a group, ascending."""
        return sorted({int(frequency) for frequency in self.group if frequency > 0})

    @property
    def order(self) -> np.ndarray:
        """Neurons sorted by group, then in-phase; those of no group last."""
        ungrouped = self.group == 0
        return np.lexsort((fourier.phases(self.in_vector), self.frequency, ungrouped))

    @property
    def doubling_error(self) -> np.ndarray:
        """abs(out-phase - 2 * in-phase) on the circle, radians, [neuron]."""
        return fourier.angle_between(
            fourier.phases(self.out_vector), 2 * fourier.phases(self.in_vector)
        )


def analyse(w_input: np.ndarray, w_output: np.ndarray, cut_off: float = CUT_OFF) -> Neurons:
    """Groups and vectors of all neurons, each at the frequency of its own ``w_input``."""
    frequency, size = fourier.neuron_frequencies(w_input)
    return _neurons(w_input, w_output, frequency, np.where(size >= cut_off, frequency, 0), size)


def at(w_input: np.ndarray, w_output: np.ndarray, final: Neurons) -> Neurons:
    """The neurons of other weights (an earlier snapshot), seen at the frequencies of ``final``."""
    _, size = fourier.neuron_frequencies(w_input)
    return _neurons(w_input, w_output, final.frequency, final.group, size)


def group_logits(w_input: np.ndarray, w_output: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Logits [a, b, c] of all M * M inputs from the neurons in ``members`` (mask or indices)."""
    rows = np.asarray(w_input, np.float64)[:, members]
    hidden = np.maximum(rows[:, None, :] + rows[None, :, :], 0)
    return hidden @ np.asarray(w_output, np.float64)[members]


def centred(logits: np.ndarray) -> np.ndarray:
    """Logits less their mean over the outputs, which the softmax does not see."""
    return logits - logits.mean(axis=-1, keepdims=True)


def cosine(modulus: int, frequency: int) -> np.ndarray:
    """cos(2 pi f (a + b - c) / M), [a, b, c]: the shape that theory gives to a group's logits."""
    number = np.arange(modulus)
    remainder = (number[:, None, None] + number[:, None] - number) % modulus
    return np.cos(2 * np.pi * frequency * remainder / modulus)


def cosine_fit(logits: np.ndarray, frequency: int) -> tuple[np.ndarray, float]:
    """Best amplitude [a, b] of ``cosine`` per input for centred ``logits`` [a, b, c], and R^2.

    R^2 pools the squared errors of all inputs; NaN for logits that are all equal.
    """
    target = centred(logits)
    wave = cosine(logits.shape[0], frequency)
    amplitude = (target * wave).sum(axis=-1) / (wave**2).sum(axis=-1)
    return amplitude, _r_squared(target, amplitude[..., None] * wave)


def one_amplitude_fit(logits: np.ndarray, frequency: int) -> float:
    """R^2 of |cos(pi f (a - b) / M)| cos(2 pi f (a + b - c) / M) with one scale for all inputs.

    The factor is the length of the mean of the two points on the circle: what evenly spread ReLU
    neurons pass on (appendix of the article).
    """
    modulus = logits.shape[0]
    number = np.arange(modulus)
    length = np.abs(np.cos(np.pi * frequency * (number[:, None] - number) / modulus))
    target = centred(logits)
    wave = length[..., None] * cosine(modulus, frequency)
    return _r_squared(target, (target * wave).sum() / (wave**2).sum() * wave)


def accuracy(logits: np.ndarray) -> float:
    """Share of all inputs [a, b] whose largest logit [a, b, c] is at a + b modulo M."""
    modulus = logits.shape[0]
    answer = np.add.outer(np.arange(modulus), np.arange(modulus)) % modulus
    return float((logits.argmax(axis=-1) == answer).mean())


def _neurons(
    w_input: np.ndarray,
    w_output: np.ndarray,
    frequency: np.ndarray,
    group: np.ndarray,
    size: np.ndarray,
) -> Neurons:
    waving = frequency > 0
    seen = np.where(waving, frequency, 1)
    vectors = (
        np.where(waving[:, None], fourier.vectors(weights, seen), 0.0)
        for weights in (w_input, np.swapaxes(w_output, 0, 1))
    )
    return Neurons(frequency, group, size, *vectors)


def _r_squared(target: np.ndarray, fitted: np.ndarray) -> float:
    total = float((target**2).sum())
    return 1 - float(((target - fitted) ** 2).sum()) / total if total > 0 else float("nan")
