"""Finetuning of several copies of a decoder at once, one demonstration a step.

Copies differ in their rates, and soon in their key and value projections; all else is shared, so
that its products are made once for all. Layers are called one after the other, each with
arrays of its own: a loop inside one program would copy every layer's weights out of a stack, twice
a step. Two ways to a gradient: back-propagation through all layers, and a loss at every layer's
output whose gradient stays in that layer (layer-causal; Deutch et al. 2024).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from papers.dai2022.models.decoder import block
from papers.dai2022.models.decoder_attention import Trace
from papers.dai2022.models.decoder_parts import (
    Rotation,
    Weights,
    embedded,
    normed,
    rotation,
    unembedding,
)
from papers.dai2022.spec import Decoder

Trained = dict[str, Array]
"""Weights of one layer that are trained, by name, with a leading axis of copies."""
Streams = Float[Array, "copy token width"]
Line = Int[Array, " token"]
Queries = list[Float[Array, "copy token features"]]
"""Raw queries of every layer."""


def descend(
    spec: Decoder,
    outer: Weights,
    layers: Weights,
    trained: Mapping[str, Float[Array, "copy layer ..."]],
    texts: Sequence[Int[np.ndarray, " _"]],
    lengths: Int[np.ndarray, " demo"],
    rates: Float[np.ndarray, " copy"],
    layer_causal: bool,
    record: bool,
) -> tuple[list[Trained], list[Float[np.ndarray, "copy layer token features"]]]:
    """The copies' weights after all steps, layer by layer, and the queries before each step.

    ``layers`` are all stacked weights; ``trained`` takes the place of those of its names. Queries
    are there if ``record``, one array per text.
    """
    fixed: list[Weights] = [
        {name: value[layer] for name, value in layers.items() if name not in trained}
        for layer in range(spec.layers)
    ]
    weights = [
        {name: value[:, layer] for name, value in trained.items()} for layer in range(spec.layers)
    ]
    step, seen = _causal_step if layer_causal else _step, []
    for text, length in zip(texts, lengths, strict=True):
        tokens = jnp.asarray(text, jnp.int32)
        weights, queries = step(
            spec, outer, fixed, weights, tokens, np.int32(length), jnp.asarray(rates, jnp.float32)
        )
        if record:
            seen.append(np.stack([np.asarray(layer) for layer in queries], axis=1))
    return weights, seen


def _step(
    spec: Decoder,
    outer: Weights,
    fixed: list[Weights],
    weights: list[Trained],
    tokens: Line,
    length: np.int32,
    rates: Array,
) -> tuple[list[Trained], Queries]:
    h, turn = _entered(spec, outer, tokens, len(rates))
    queries, backwards = [], []
    for own, chosen in zip(fixed, weights, strict=True):
        h, raw, backward = _forward(spec, own, chosen, h, turn)
        queries.append(raw)
        backwards.append(backward)
    slope = _top(spec, outer, h, tokens, length)
    after: list[Trained] = []
    for chosen, backward in zip(reversed(weights), reversed(backwards), strict=True):
        changed, slope = _backward(backward, slope, chosen, rates)
        after.append(changed)
    return after[::-1], queries


def _causal_step(
    spec: Decoder,
    outer: Weights,
    fixed: list[Weights],
    weights: list[Trained],
    tokens: Line,
    length: np.int32,
    rates: Array,
) -> tuple[list[Trained], Queries]:
    h, turn = _entered(spec, outer, tokens, len(rates))
    queries, after = [], []
    for own, chosen in zip(fixed, weights, strict=True):
        h, raw, changed = _causal(spec, outer, own, chosen, h, turn, tokens, length, rates)
        queries.append(raw)
        after.append(changed)
    return after, queries


@partial(jax.jit, static_argnums=0)
def _forward(
    spec: Decoder, fixed: Weights, chosen: Trained, h: Streams, turn: Rotation | None
) -> tuple[Streams, Array, Any]:
    """The streams after a layer, its raw queries, and what goes back through it."""
    after, backward, trace = jax.vjp(
        lambda weights, h: _layer(spec, fixed, weights, h, turn), chosen, h, has_aux=True
    )
    return after, trace.raw[:, 0], backward


@jax.jit
def _backward(
    backward: Any, slope: Streams, chosen: Trained, rates: Array
) -> tuple[Trained, Array]:
    slopes, before = backward(slope)
    return _descended(chosen, slopes, rates), before


@partial(jax.jit, static_argnums=0)
def _top(spec: Decoder, outer: Weights, h: Streams, tokens: Line, length: Array) -> Streams:
    """Gradient of every copy's loss with respect to its last layer's output."""
    return jax.grad(lambda h: _losses(spec, outer, h, tokens, length))(h)


@partial(jax.jit, static_argnums=0)
def _causal(
    spec: Decoder,
    outer: Weights,
    fixed: Weights,
    chosen: Trained,
    h: Streams,
    turn: Rotation | None,
    tokens: Line,
    length: Array,
    rates: Array,
) -> tuple[Streams, Array, Trained]:
    """The streams after a layer, its raw queries, and its weights after a step on its own loss."""

    def loss(weights: Trained) -> tuple[Array, tuple[Streams, Trace]]:
        after, trace = _layer(spec, fixed, weights, h, turn)
        return _losses(spec, outer, after, tokens, length), (after, trace)

    slopes, (after, trace) = jax.grad(loss, has_aux=True)(chosen)
    return after, trace.raw[:, 0], _descended(chosen, slopes, rates)


def _layer(
    spec: Decoder, fixed: Weights, chosen: Trained, h: Streams, turn: Rotation | None
) -> tuple[Streams, Trace]:
    def one(weights: Trained, h: Array) -> tuple[Array, Trace]:
        after, trace = block(spec, dict(fixed) | weights, h[None], turn, None)
        return after[0], trace

    return jax.vmap(one)(chosen, h)


def _losses(
    spec: Decoder, outer: Weights, h: Streams, tokens: Line, length: Array
) -> Float[Array, ""]:
    """Sum of the copies' losses, so that each one's gradient is that of its own."""
    return jax.vmap(lambda h: language_loss(spec, outer, h, tokens, length))(h).sum()


def _descended(chosen: Trained, slopes: Trained, rates: Array) -> Trained:
    return {
        name: weights - rates.reshape(-1, *[1] * (weights.ndim - 1)) * slopes[name]
        for name, weights in chosen.items()
    }


def language_loss(
    spec: Decoder,
    outer: Weights,
    h: Float[Array, "token width"],
    tokens: Line,
    length: Array,
) -> Float[Array, ""]:
    """Mean negative log-likelihood of tokens 1 .. length - 1, each after those before it."""
    counted = jnp.arange(1, len(tokens)) < length
    share = counted.astype(h.dtype) / (length - 1)
    return _surprise(
        normed(spec, outer, "norm", h[:-1]), unembedding(spec, outer), tokens[1:], share
    )


@jax.custom_vjp
def _surprise(
    h: Float[Array, "place width"],
    rows: Float[Array, "vocabulary width"],
    targets: Int[Array, " place"],
    share: Float[Array, " place"],
) -> Float[Array, ""]:
    """Sum of ``share`` times the negative log-likelihood of ``targets``; a function of ``h``."""
    return _surprise_and_slope(h, rows, targets, share)[0]


def _surprise_and_slope(h: Array, rows: Array, targets: Array, share: Array) -> tuple[Array, Array]:
    logits = h @ rows.T
    top = logits.max(axis=-1, keepdims=True)
    chances = jnp.exp(logits - top)
    total = chances.sum(axis=-1, keepdims=True)
    wanted = rows[targets]
    losses = (top + jnp.log(total))[:, 0] - (h * wanted).sum(axis=-1)
    slope = share[:, None] * ((chances @ rows) / total - wanted)
    return (share * losses).sum(), slope


def _surprise_backward(slope: Array, cotangent: Array) -> tuple[Array, None, None, None]:
    return slope * cotangent, None, None, None


_surprise.defvjp(_surprise_and_slope, _surprise_backward)


def _entered(
    spec: Decoder, outer: Weights, tokens: Line, copies: int
) -> tuple[Streams, Rotation | None]:
    h = embedded(spec, outer, tokens[None], 0)
    return jnp.repeat(h, copies, axis=0), rotation(spec, len(tokens), 0, h.dtype)
