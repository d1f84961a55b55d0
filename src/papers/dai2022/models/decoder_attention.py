"""Attention of the decoder family: grouped queries, a shared past, recency terms.

Queries are [sequence, token, kv head, group, channel], keys and values [sequence, token, kv head,
channel]. A past is shared by all sequences and therefore has no sequence axis.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from papers.dai2022.models.decoder_parts import Rotation, Stream, Weights, mapped, rotate
from papers.dai2022.models.momentum import carried, matched, momentum
from papers.dai2022.spec import Decoder

SPAN, CHUNK = 256, 32
"""Tokens of a long sequence that share their keys, and those whose scores are made at a time."""

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
    mixed = attend(spec, queries, keys, values, past)
    mixed = mixed + recency(spec, weights, values, past)
    out = mapped(weights, "out", mixed.reshape(sequences, tokens, -1))
    return Trace(raw, queries, keys, values, out)


def attend(spec: Decoder, q: Queries, k: Keys, v: Keys, past: Past | None) -> Queries:
    """Softmax attention to the past and to own tokens up to the current one."""
    sequences, tokens, kv, group, size = q.shape
    rows = q.transpose(0, 2, 1, 3, 4).reshape(sequences, kv, tokens * group, size)
    k, v = k.transpose(0, 2, 1, 3), v.transpose(0, 2, 1, 3)
    behind = jnp.arange(tokens)[:, None] - jnp.arange(tokens)
    if past is not None:
        mixed = _after(rows, k, v, past, _bias(spec, _with_past(behind, past), q.dtype))
    elif sequences == 1 and tokens > SPAN:
        mixed = _in_spans(spec, rows[0], k[0], v[0], behind)[None]
    else:
        mixed = weighed(rows, k, v, _bias(spec, behind, q.dtype))
    return mixed.reshape(sequences, kv, tokens, group, size).transpose(0, 2, 1, 3, 4)


@jax.checkpoint
def weighed(
    q: Float[Array, "... row channel"],
    k: Float[Array, "... key channel"],
    v: Float[Array, "... key channel"],
    bias: Float[Array, "... row key"],
) -> Float[Array, "... row channel"]:
    """softmax(q k^T + bias) v."""
    scores = jnp.einsum("...rc,...kc->...rk", q, k) + bias
    top = jax.lax.stop_gradient(scores.max(axis=-1, keepdims=True))
    scores = jnp.exp(scores - top)
    return (scores @ v) / scores.sum(axis=-1, keepdims=True)


def _after(q: Array, k: Array, v: Array, past: Past, bias: Array) -> Array:
    """Attention to a shared past, a sequence at a time: its scores then stay in the cache."""
    keys, values = past.keys.transpose(1, 0, 2), past.values.transpose(1, 0, 2)

    def one(own: tuple[Array, Array, Array]) -> Array:
        rows, own_keys, own_values = own
        all_keys = jnp.concatenate([keys, own_keys], axis=1)
        return weighed(rows, all_keys, jnp.concatenate([values, own_values], axis=1), bias)

    return jax.lax.map(one, (q, k, v))


def _in_spans(spec: Decoder, q: Array, k: Array, v: Array, behind: Array) -> Array:
    """Attention of one long sequence, some tokens at a time, to no more keys than needed."""
    group, spans = q.shape[1] // len(behind), []
    for first in range(0, len(behind), SPAN):
        last = min(first + SPAN, len(behind))
        chunks = np.arange(first, last).reshape(-1, np.gcd(CHUNK, last - first))
        rows = q[:, first * group : last * group].reshape(len(q), len(chunks), -1, q.shape[2])

        def one(
            own: tuple[Array, Array], keys: Array = k[:, :last], values: Array = v[:, :last]
        ) -> Array:
            return weighed(own[0], keys, values, _bias(spec, own[1], own[0].dtype))

        part = jax.lax.map(one, (rows.transpose(1, 0, 2, 3), behind[chunks, :last]))
        spans.append(part.transpose(1, 0, 2, 3).reshape(len(q), -1, q.shape[2]))
    return jnp.concatenate(spans, axis=1)


def _with_past(behind: Array, past: Past) -> Int[Array, "query key"]:
    """Distances to the past (-1: padding), then those to own tokens."""
    places = jnp.arange(len(past.keys))
    earlier = past.length + jnp.arange(len(behind))[:, None] - places
    return jnp.concatenate([jnp.where(places < past.length, earlier, -1), behind], axis=1)


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


def distance_bias(spec: Decoder, behind: Array) -> Float[Array, "... kv group"]:
    """-slope * distance for distances that are not negative."""
    slope = jnp.asarray(slopes(spec.heads).reshape(spec.key_heads, -1), behind.dtype)
    return -slope * behind[..., None, None]


def _bias(spec: Decoder, behind: Array, dtype: jnp.dtype) -> Float[Array, "kv row key"]:
    """What is added to scores at distances [query, key]; negative ones are not seen.

    Rows are queries, and in them groups; one kv head stands for all where they have the same.
    """
    lowest = jnp.where(behind < 0, np.finfo(dtype).min / 2, jnp.zeros((), dtype))
    group = spec.heads // spec.key_heads
    if spec.recency != "alibi":
        return jnp.repeat(lowest, group, axis=0)[None]
    slanted = distance_bias(spec, jnp.maximum(behind, 0).astype(dtype)) + lowest[..., None, None]
    return slanted.transpose(2, 0, 3, 1).reshape(spec.key_heads, -1, behind.shape[1])
