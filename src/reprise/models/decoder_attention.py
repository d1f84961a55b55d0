"""Attention of the decoder family: grouped queries, a shared past, recency terms.

Queries are [sequence, token, kv head, group, channel], keys and values [sequence, token, kv head,
channel]. A past is shared by all sequences and therefore has no sequence axis.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from reprise.models.decoder_parts import Rotation, Stream, Weights, mapped, rotate
from reprise.models.momentum import carried, matched, momentum
from reprise.specs.decoder import Decoder

Queries = Float[Array, "sequence token kv group channel"]
Keys = Float[Array, "sequence token kv channel"]


class Past(NamedTuple):
    """Keys (after rotation) and values of earlier tokens; those from ``length`` on are padding."""

    keys: Float[Array, "past kv channel"]
    values: Float[Array, "past kv channel"]
    length: Int[Array, ""]


class Trace(NamedTuple):
    """What a layer's attention did."""

    raw: Float[Array, "sequence token features"]
    """Scaled queries before rotation, all heads side by side."""
    queries: Queries
    """Scaled queries after rotation."""
    keys: Keys
    values: Keys
    hidden: Stream
    """Output after the output projection, before the residual sum."""


def attention(
    spec: Decoder, weights: Weights, h: Stream, turn: Rotation | None, past: Past | None
) -> Trace:
    """Attention of the normed stream ``h``, ``turn`` being the tokens' rotation."""
    sequences, tokens, _ = h.shape
    kv, size = spec.key_heads, spec.size
    raw = mapped(weights, "query", h) * size**-0.5
    queries = raw.reshape(sequences, tokens, spec.heads, size)
    keys = mapped(weights, "key", h).reshape(sequences, tokens, kv, size)
    values = mapped(weights, "value", h).reshape(sequences, tokens, kv, size)
    if turn is not None:
        queries, keys = rotate(queries, turn), rotate(keys, turn)
    queries = queries.reshape(sequences, tokens, kv, -1, size)
    found = attend(spec, queries, keys, values, past)
    found = found + recency(spec, weights, values, past)
    out = mapped(weights, "out", found.reshape(sequences, tokens, -1))
    return Trace(raw, queries, keys, values, out)


def attend(spec: Decoder, q: Queries, k: Keys, v: Keys, past: Past | None) -> Queries:
    """Softmax attention to the past and to own tokens up to the current one.

    Scores lie as [kv, sequence, query, group, key]: products with the past are then one matrix
    product per kv head, over all sequences.
    """
    tokens = q.shape[1]
    visible = jnp.tril(jnp.ones((tokens, tokens), bool))[:, None]
    lowest = np.finfo(q.dtype).min
    own = jnp.einsum("nikgd,njkd->knigj", q, k) + _bias(spec, tokens, 0, q.dtype)
    own = jnp.where(visible, own, lowest)
    top = own.max(axis=-1, keepdims=True)
    if past is None:
        own = jnp.exp(own - jax.lax.stop_gradient(top))
        found = jnp.einsum("knigj,njkd->nikgd", own, v)
        return found / _back(own.sum(axis=-1, keepdims=True))
    earlier = jnp.einsum("nikgd,pkd->knigp", q, past.keys)
    earlier = earlier + _bias(spec, tokens, past.length, q.dtype, len(past.keys))
    earlier = jnp.where(jnp.arange(len(past.keys)) < past.length, earlier, lowest)
    top = jax.lax.stop_gradient(jnp.maximum(top, earlier.max(axis=-1, keepdims=True)))
    own, earlier = jnp.exp(own - top), jnp.exp(earlier - top)
    total = own.sum(axis=-1, keepdims=True) + earlier.sum(axis=-1, keepdims=True)
    found = jnp.einsum("knigp,pkd->nikgd", earlier, past.values)
    return (found + jnp.einsum("knigj,njkd->nikgd", own, v)) / _back(total)


def recency(spec: Decoder, weights: Weights, v: Keys, past: Past | None) -> Array | float:
    """What is added to the attention's output beside softmax attention."""
    added: Array | float = 0.0
    if spec.momentum is not None:
        eta = spec.momentum
        carry = None if past is None else carried(past.values, eta, past.length)
        factor = matched(eta) if spec.momentum_scale == "matched" else 1.0
        added = factor * momentum(v, eta, carry)[:, :, :, None]
    if spec.recency == "convolution":
        added = added + convolution(weights["convolution"], v, past)
    return added


def convolution(kernel: Float[Array, "heads lag"], v: Keys, past: Past | None) -> Queries:
    """Sum over lags j = 1.. of ``kernel[head, j - 1] * v[token - j]``; zeros before the start."""
    lags, tokens = kernel.shape[1], v.shape[1]
    before = jnp.zeros((lags, *v.shape[2:]), v.dtype)
    if past is not None:
        padded = jnp.concatenate([before, past.values])
        before = jax.lax.dynamic_slice_in_dim(padded, past.length, lags)
    whole = jnp.concatenate([jnp.broadcast_to(before, (len(v), *before.shape)), v], axis=1)
    shifted = jnp.stack([whole[:, lags - j : lags - j + tokens] for j in range(1, lags + 1)])
    grouped = kernel.reshape(v.shape[2], -1, lags)
    return jnp.einsum("kgl,lnikd->nikgd", grouped, shifted)


def slopes(heads: int) -> Float[np.ndarray, " heads"]:
    """ALiBi's slope of every head: 2^(-8 h / heads), h = 1 .. heads (Press et al. 2022)."""
    return np.exp2(-8.0 * np.arange(1, heads + 1) / heads)


def distance_bias(spec: Decoder, behind: Array) -> Float[Array, "kv 1 query group key"]:
    """-slope * distance for distances [query, key] that are not negative."""
    slope = jnp.asarray(slopes(spec.heads).reshape(spec.key_heads, 1, 1, -1, 1), behind.dtype)
    return -slope * behind[:, None, :]


def _bias(
    spec: Decoder, tokens: int, start: Array | int, dtype: jnp.dtype, keys: int | None = None
) -> Array | float:
    if spec.recency != "alibi":
        return 0.0
    behind = start + jnp.arange(tokens)[:, None] - jnp.arange(tokens if keys is None else keys)
    return distance_bias(spec, jnp.maximum(behind, 0).astype(dtype))


def _back(
    x: Float[Array, "kv sequence query group 1"],
) -> Float[Array, "sequence query kv group 1"]:
    return x.transpose(1, 2, 0, 3, 4)
