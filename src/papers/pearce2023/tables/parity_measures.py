"""Measures of parity networks: W_input [..., digits + 1, hidden], W_output [..., hidden].

The digits come first: the relevant ones, then the distractors, then the constant input (bias).
"""

import itertools

import numpy as np

ACTIVE = 0.1
"""A neuron counts as active where some in-weight and its out-weight exceed this."""


def distractors(w_input: np.ndarray, relevant: int) -> np.ndarray:
    """Weights of the digits that do not matter, [..., digits - relevant, hidden]."""
    return w_input[..., relevant:-1, :]


def rms(weights: np.ndarray) -> np.ndarray:
    """Root mean square over the last two axes."""
    return np.sqrt(np.square(weights, dtype=float).mean(axis=(-2, -1)))


def share_above(weights: np.ndarray, limit: float) -> np.ndarray:
    """Share of weights whose absolute value exceeds ``limit``, over the last two axes."""
    return (np.abs(weights) > limit).mean(axis=(-2, -1))


def distractor_ratio(w_input: np.ndarray, relevant: int) -> np.ndarray:
    """Sum of absolute distractor weights over that of the relevant digits."""
    size = np.abs(w_input, dtype=float)
    distracting = distractors(size, relevant).sum(axis=(-2, -1))
    return distracting / size[..., :relevant, :].sum(axis=(-2, -1))


def active_neurons(w_input: np.ndarray, w_output: np.ndarray) -> np.ndarray:
    """Number of neurons with an in-weight and their out-weight beyond +-``ACTIVE``."""
    active_in = np.abs(w_input).max(axis=-2) > ACTIVE
    return (active_in & (np.abs(w_output) > ACTIVE)).sum(axis=-1)


def pattern_logits(
    w_input: np.ndarray, w_output: np.ndarray, relevant: int
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of all patterns of the relevant digits, every distractor 0, and their labels.

    Takes one network, W_input [digits + 1, hidden]; returns logits [2**relevant] and labels (0, 1).
    """
    patterns = np.array(list(itertools.product((0.0, 1.0), repeat=relevant)))
    hidden = patterns @ w_input[:relevant] + w_input[-1]
    return np.maximum(hidden, 0) @ w_output, patterns.sum(axis=1).astype(int) % 2


def jump(weights: np.ndarray, lag: int) -> np.ndarray:
    """Largest change within ``lag`` snapshots over the largest absolute value, per weight.

    Takes weights [snapshot, ...], returns [...]; NaN with no two snapshots ``lag`` apart.
    """
    if len(weights) <= lag:
        return np.full(weights.shape[1:], np.nan)
    change = np.abs(weights[lag:] - weights[:-lag]).max(axis=0)
    peak = np.abs(weights).max(axis=0)
    return np.divide(change, peak, out=np.zeros(change.shape), where=peak > 0)
