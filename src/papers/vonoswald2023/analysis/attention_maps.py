"""Where the first layer of a softmax network looks (von Oswald et al. 2023, Figures 3A, 14, 15)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from papers.shared.trained_network import batches
from papers.vonoswald2023.models.mesa_parts import with_positions

CHUNK = 64
"""Sequences at a time; a map has T^2 numbers per head."""


class Maps(NamedTuple):
    """Attention weights over sequences; entry [head, t, t'] is the weight that t gives t'."""

    mean: Float[np.ndarray, "head token token"]
    deviation: Float[np.ndarray, "head token token"]
    """Standard deviation over sequences."""


def first_layer_maps(network: Any, x: Float[np.ndarray, "sequence token dim"]) -> Maps:
    """Weights of the first layer, causal, over the sequences ``x``.

    Raises:
        ValueError: the first layer is not softmax attention.
    """
    kind = network.layers[0].attention.kind
    if kind != "softmax":
        raise ValueError(f"the first layer must be softmax attention, got {kind}")
    total = squares = np.zeros(())
    for weights in batches(attention_weights, network, np.asarray(x, np.float32), CHUNK):
        found = weights.astype(float)
        total = total + found.sum(axis=-1)
        squares = squares + (found**2).sum(axis=-1)
    mean = total / len(x)
    return Maps(mean, np.sqrt(np.maximum(squares / len(x) - mean**2, 0)))


def attention_weights(
    network: Any, x: Float[Array, "batch token dim"]
) -> Float[Array, "head token token batch"]:
    """softmax(q_t^T k_t' / sqrt(K)) over t' <= t in the first layer."""
    tokens = x.transpose(2, 1, 0)
    h = network.maps[0](tokens) if network.maps else tokens
    attention = network.layers[0].attention
    h = with_positions(h) if attention.positions else h
    q, k = (
        part(h).reshape(attention.heads, -1, *h.shape[1:])
        for part in (attention.query, attention.key)
    )
    scores = jnp.einsum("hcib,hcjb->hijb", q, k) * q.shape[1] ** -0.5
    visible = jnp.tril(jnp.ones(scores.shape[1:3], bool))[..., None]
    found: Array = jax.nn.softmax(jnp.where(visible, scores, -jnp.inf), axis=2)
    return found


def masses(mean: Float[np.ndarray, "head token token"], first: int) -> Float[np.ndarray, "head 4"]:
    """Weight on t, t - 1, t - 2 and all earlier tokens, mean over t from ``first`` (from 1) on."""
    start = first - 1
    found = [
        np.diagonal(mean, -back, 1, 2)[:, max(start - back, 0) :].mean(axis=1) for back in range(3)
    ]
    return np.stack([*found, 1 - sum(found)], axis=1)
