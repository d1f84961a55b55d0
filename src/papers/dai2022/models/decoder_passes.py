"""Compiled passes of a decoder over prompts: what ``decoder_answers`` calls.

The spec is static, so that a pass is compiled once per shape of its tokens.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from papers.dai2022.models.decoder import Keep, run
from papers.dai2022.models.decoder_attention import Past, Trace, distance_bias
from papers.dai2022.models.decoder_parts import (
    Stream,
    Weights,
    embedded,
    normed,
    rotation,
    unembedding,
)
from papers.dai2022.spec import Decoder

Tokens = Int[Array, "query token"]
Ends = Int[Array, " query"]
Two = Float[Array, "query 2 kv group channel"]
"""Rotated queries at the two positions that are recorded."""


@partial(jax.jit, static_argnums=0)
def read(
    spec: Decoder, outer: Weights, layers: Weights, tokens: Int[Array, " t"]
) -> tuple[Array, Array, Array]:
    """Keys and values [layer, t, kv, channel] and raw queries [layer, t, features] of one text."""

    def keep(trace: Trace, past: Past | None) -> tuple[Array, Array, Array]:
        return trace.keys[0], trace.values[0], trace.raw[0]

    _, kept = through(spec, outer, layers, tokens[None], None, keep)
    return kept


@partial(jax.jit, static_argnums=0)
def queries(
    spec: Decoder, outer: Weights, layers: Weights, tokens: Tokens
) -> Float[Array, "query layer token features"]:
    """Raw queries of every token of texts that are read one by one."""
    _, kept = through(spec, outer, layers, tokens, None, lambda trace, past: trace.raw)
    return kept.swapaxes(0, 1)


@partial(jax.jit, static_argnums=0)
def record(
    spec: Decoder, outer: Weights, layers: Weights, tokens: Tokens, ends: Ends, past: Past | None
) -> tuple[Float[Array, "query vocabulary"], Any]:
    """Log-probabilities of what follows token ``ends``, and the rest of a ``Recording``."""
    at = jnp.stack([ends, ends + 1], axis=1)

    def keep(trace: Trace, before: Past | None) -> Any:
        queries = _at(trace.queries, at)
        return (
            _at(trace.hidden, at).swapaxes(0, 1),
            own_scores(spec, trace, queries, at),
            None if before is None else past_scores(spec, before, queries, at),
            _at(trace.raw, at).swapaxes(0, 1),
        )

    h, kept = through(spec, outer, layers, tokens, past, keep)
    kept = jax.tree.map(lambda x: x.swapaxes(0, 1), kept)
    return log_probs(spec, outer, h, ends), kept


def through(
    spec: Decoder, outer: Weights, layers: Weights, tokens: Tokens, past: Past | None, keep: Keep
) -> tuple[Stream, Any]:
    """The stream after all layers, and what ``keep`` chose, stacked over layers."""
    start = 0 if past is None else past.length[0]
    h = embedded(spec, outer, tokens, start)
    turn = rotation(spec, tokens.shape[1], start, h.dtype)
    return run(spec, layers, h, turn, past, keep)


def log_probs(
    spec: Decoder, outer: Weights, h: Stream, ends: Ends
) -> Float[Array, "query vocabulary"]:
    """Log-softmax of the logits at ``ends`` only."""
    last = normed(spec, outer, "norm", h[jnp.arange(len(ends)), ends])
    return jax.nn.log_softmax(last @ unembedding(spec, outer).T)


def own_scores(
    spec: Decoder, trace: Trace, queries: Two, at: Int[Array, "query 2"]
) -> Float[Array, "2 head query token"]:
    """Scores of the queries at two positions to own tokens; 0 at later tokens."""
    scores = jnp.einsum("nskgd,njkd->knsgj", queries, trace.keys)
    behind = at[:, :, None] - jnp.arange(trace.keys.shape[1])
    if spec.recency == "alibi":
        slanted = distance_bias(spec, jnp.maximum(behind, 0).astype(scores.dtype))
        scores = scores + slanted.transpose(3, 0, 1, 4, 2)
    scores = jnp.where((behind >= 0)[:, :, None], scores, 0)
    return scores.transpose(2, 0, 3, 1, 4).reshape(2, spec.heads, *behind[:, 0].shape)


def past_scores(
    spec: Decoder, past: Past, queries: Two, at: Int[Array, "query 2"]
) -> Float[Array, "2 query t"]:
    """Scores of the queries at two positions to the past, summed over heads."""
    scores = jnp.einsum("nskd,pkd->snp", queries.sum(axis=3), past.keys)
    if spec.recency == "alibi":
        behind = past.length + at[:, :, None] - jnp.arange(len(past.keys))
        slanted = distance_bias(spec, jnp.maximum(behind, 0).astype(scores.dtype))
        scores = scores + slanted.sum(axis=(3, 4)).swapaxes(0, 1)
    return scores


def _at(x: Array, at: Int[Array, "query 2"]) -> Array:
    return x[jnp.arange(len(at))[:, None], at]
