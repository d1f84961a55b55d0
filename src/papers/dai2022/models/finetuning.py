"""Finetuning of a decoder's key and value projections, one demonstration a step.

Two ways to a gradient: back-propagation through all layers, and a loss at every layer's output
whose gradient stays in that layer (layer-causal; Deutch et al. 2024).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from papers.dai2022.models.decoder import block, run
from papers.dai2022.models.decoder_parts import (
    Stream,
    Weights,
    embedded,
    normed,
    rotation,
    unembedding,
)
from papers.dai2022.spec import Decoder

Trained = dict[str, Array]
"""Stacked weights that are trained, by name."""
Line = Int[Array, " token"]
Gradient = Callable[[Decoder, Weights, Weights, Trained, Line, Array], tuple[Array, Trained]]
"""From spec, outer, fixed and trained weights, tokens and length of a demonstration to the raw
queries [layer, token, features] and the gradient."""


@partial(jax.jit, static_argnums=(0, 1))
def stepped(
    spec: Decoder,
    gradient: Gradient,
    outer: Weights,
    fixed: Weights,
    trained: Trained,
    tokens: Line,
    length: Int[Array, ""],
    rate: Float[Array, ""],
) -> tuple[Trained, Float[Array, "layer token features"]]:
    """Trained weights after a step on one demonstration, and its raw queries before the step."""
    queries, slope = gradient(spec, outer, fixed, trained, tokens, length)
    return jax.tree.map(lambda w, g: w - rate * g, trained, slope), queries


def backpropagated(
    spec: Decoder, outer: Weights, fixed: Weights, trained: Trained, tokens: Line, length: Array
) -> tuple[Array, Trained]:
    """Gradient of the language-model loss of the last layer's output."""

    def loss(weights: Trained) -> tuple[Array, Array]:
        h, turn = _entered(spec, outer, tokens)
        layers = dict(fixed) | weights
        h, queries = run(spec, layers, h, turn, None, lambda trace, past: trace.raw[0])
        return language_loss(spec, outer, h[0], tokens, length), queries

    slope, queries = jax.grad(loss, has_aux=True)(trained)
    return queries, slope


def layer_causal(
    spec: Decoder, outer: Weights, fixed: Weights, trained: Trained, tokens: Line, length: Array
) -> tuple[Array, Trained]:
    """Gradient of the sum of every layer's own loss, none passing to the layer before."""
    first, turn = _entered(spec, outer, tokens)

    def layer(h: Stream, xs: tuple[Trained, Weights]) -> tuple[Stream, Any]:
        weights, others = xs

        def loss(chosen: Trained) -> tuple[Array, tuple[Array, Array]]:
            after, trace = block(spec, dict(others) | chosen, h, turn, None)
            return language_loss(spec, outer, after[0], tokens, length), (after, trace.raw[0])

        slope, (after, queries) = jax.grad(loss, has_aux=True)(weights)
        return after, (queries, slope)

    return jax.lax.scan(layer, first, (trained, dict(fixed)))[1]


def language_loss(
    spec: Decoder, outer: Weights, h: Float[Array, "token width"], tokens: Line, length: Array
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


def _entered(spec: Decoder, outer: Weights, tokens: Line) -> tuple[Stream, Array | None]:
    h = embedded(spec, outer, tokens[None], 0)
    return h, rotation(spec, len(tokens), 0, h.dtype)
