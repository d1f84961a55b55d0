"""The same trainings as plain NumPy loops in float64, with gradients written out by hand."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

Params = dict[str, np.ndarray]
Gradient = Callable[[Params, Mapping[str, np.ndarray]], tuple[float, Params]]


def parity(params: Params, batch: Mapping[str, np.ndarray]) -> tuple[float, Params]:
    """Mean binary cross-entropy of ``relu(x W) v`` and its gradient."""
    x, y = batch["x"].astype(float), batch["y"]
    before = x @ params["in_projection"]
    hidden = np.maximum(before, 0)
    probability = 1 / (1 + np.exp(-hidden @ params["out_projection"]))
    loss = -np.log(np.where(y == 1, probability, 1 - probability)).mean()
    slope = (probability - y) / len(y)
    inner = slope[:, None] * params["out_projection"] * (before > 0)
    return loss, {"in_projection": x.T @ inner, "out_projection": hidden.T @ slope}


def modular(params: Params, batch: Mapping[str, np.ndarray]) -> tuple[float, Params]:
    """Cross-entropy per example and class of ``relu(E_a H + E_b H) O E^T`` and its gradient."""
    embed, into, out = (params[n] for n in ("embed", "in_projection", "out_projection"))
    (a, b), y, modulus = batch["x"].T, batch["y"], len(embed)
    rows = embed @ into
    before = rows[a] + rows[b]
    hidden = np.maximum(before, 0)
    logits = hidden @ out @ embed.T
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    each = np.arange(len(y))
    loss = -logs[each, y].mean() / modulus
    slope = np.exp(logs)
    slope[each, y] -= 1
    slope /= len(y) * modulus
    inner = (slope @ embed @ out.T) * (before > 0)
    by_row = np.zeros_like(rows)
    np.add.at(by_row, a, inner)
    np.add.at(by_row, b, inner)
    gradient_embed = by_row @ into.T + slope.T @ (hidden @ out)
    return loss, {
        "embed": gradient_embed,
        "in_projection": embed.T @ by_row,
        "out_projection": hidden.T @ (slope @ embed),
    }


def train(
    gradient: Gradient,
    params: Params,
    batches: Iterator[Mapping[str, np.ndarray]],
    steps: int,
    optimizer: Mapping[str, Any],
) -> tuple[list[float], list[Params]]:
    """Losses before, and parameters after, the updates 0..steps of AdamW with a coupled L1 term.

    Kingma & Ba 2015, algorithm 1, with the decay of Loshchilov & Hutter 2019 scaled by the rate.
    """
    b1, b2, eps = (optimizer.get(k, v) for k, v in [("b1", 0.9), ("b2", 0.999), ("eps", 1e-8)])
    rate, decay, l1 = (optimizer.get(k, 0.0) for k in ("learning_rate", "weight_decay", "l1"))
    first = {name: np.zeros_like(p) for name, p in params.items()}
    second = {name: np.zeros_like(p) for name, p in params.items()}
    losses, states = [], []
    for step in range(steps + 1):
        loss, slopes = gradient(params, next(batches))
        updated = {}
        for name, p in params.items():
            g = slopes[name] + l1 * np.sign(p)
            first[name] = b1 * first[name] + (1 - b1) * g
            second[name] = b2 * second[name] + (1 - b2) * g * g
            mean = first[name] / (1 - b1 ** (step + 1))
            spread = np.sqrt(second[name] / (1 - b2 ** (step + 1)))
            updated[name] = p - rate * (mean / (spread + eps) + decay * p)
        params = updated
        losses.append(loss)
        states.append(params)
    return losses, states
