"""The loss of predicting what comes next in a sequence (von Oswald et al. 2024, section 5)."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from papers.vonoswald2023.spec import Sequences

Batch = Mapping[str, Any]


def predictions(spec: Sequences, outputs: Any) -> Any:
    """What ``outputs`` [n, T, at least n_s] predict, [n, T, n_s]: the first n_s numbers."""
    return outputs[..., : spec.target_dims]


def position_losses(predicted: Any, y: Any) -> Any:
    """Half the squared distance of ``predicted`` and ``y`` [n, T, n_s], mean over n: [T]."""
    return 0.5 * ((predicted - y) ** 2).sum(axis=-1).mean(axis=0)


def loss(spec: Sequences, outputs: Any, batch: Batch) -> Any:
    """Half the squared error: summed over numbers, mean over sequences and positions."""
    return position_losses(predictions(spec, outputs), batch["y"]).mean()


def metrics(spec: Sequences, outputs: Any, batch: Batch) -> dict[str, Any]:
    """``loss``, and ``error_t<t>`` at t = n_s, 2 n_s and T: the loss of the t-th prediction."""
    curve = position_losses(predictions(spec, outputs), jnp.asarray(batch["y"]))
    return {"loss": curve.mean(), **{f"error_t{t}": curve[t - 1] for t in moments(spec)}}


def moments(spec: Sequences) -> tuple[int, ...]:
    """Times t at which metrics are logged, from 1: n_s, 2 n_s and T, if there are so many."""
    size, last = spec.target_dims, spec.positions
    return tuple(dict.fromkeys(min(t, last) for t in (size, 2 * size, last)))
