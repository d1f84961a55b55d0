"""How nearly linear a softmax attention layer is: linear attention trained to do what it does.

A linear layer of the same shape reads what the softmax layer reads and is fitted to what that adds
to the residual stream; then it takes its place in the network (von Oswald et al. 2023, Eq. 70).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Key

from papers.shared.transformer_parts import Stream
from papers.vonoswald2023.models.mesa_parts import Attention, Layer, Normals
from papers.vonoswald2023.spec import MesaTransformer

Activations = Float[Array, "sequence token feature"]


class Fit(NamedTuple):
    """AdamW at a constant rate on batches of cached activations; as published but for the steps."""

    steps: int
    rate: float = 0.001
    weight_decay: float = 0.05
    batch: int = 64


class Distilled(NamedTuple):
    """A linear attention, and the error before every step of its fit."""

    attention: Attention
    errors: Float[Array, " step"]


def attention_pair(layer: Layer, h: Stream) -> tuple[Stream, Stream]:
    """What the attention of ``layer`` reads of the stream ``h``, and what it adds to it."""
    read = layer.norms[0](h) if layer.norms else h
    return read, layer.attention(read)


def distilled(
    spec: MesaTransformer,
    number: int,
    inputs: Activations,
    outputs: Activations,
    fit: Fit,
    key: Key[Array, ""],
) -> Distilled:
    """Linear attention for layer ``number`` (from 0) of ``spec``, fitted to ``outputs``.

    It starts as the layers of ``spec`` do; errors are half squares, summed over features, mean over
    the tokens of a batch.
    """
    draw = Normals(jax.random.fold_in(key, 0), inputs.dtype, spec.init_deviation)
    fresh = Attention(spec, "linear", inputs.shape[2], number == 0, draw)
    graph, start = nnx.split(fresh)
    adamw = optax.adamw(fit.rate, weight_decay=fit.weight_decay)
    optimizer = optax.chain(optax.clip(1.0), adamw)

    def error(state: Any, read: Stream, wanted: Stream) -> Array:
        rest = nnx.merge(graph, state)(read) - wanted
        return 0.5 * (rest**2).sum(axis=0).mean()

    def step(carry: tuple[Any, Any], count: Array) -> tuple[tuple[Any, Any], Array]:
        state, memory = carry
        drawn = jax.random.fold_in(key, count)
        chosen = jax.random.randint(drawn, (fit.batch,), 0, len(inputs))
        read, wanted = (x[chosen].transpose(2, 1, 0) for x in (inputs, outputs))
        value, gradient = jax.value_and_grad(error)(state, read, wanted)
        updates, memory = optimizer.update(gradient, memory, state)
        return (optax.apply_updates(state, updates), memory), value

    @jax.jit
    def run(state: Any) -> tuple[Any, Array]:
        begin = (state, optimizer.init(state))
        (state, _), errors = jax.lax.scan(step, begin, 1 + jnp.arange(fit.steps))
        return state, errors

    state, errors = run(start)
    return Distilled(nnx.merge(graph, state), errors)


def with_attention(layer: Layer, attention: Attention) -> Layer:
    """A copy of ``layer`` that has another attention."""
    copy = nnx.clone(layer)
    copy.attention = attention
    return copy


def cosine(first: Float[Array, "*shape"], second: Float[Array, "*shape"]) -> float:
    """Cosine of the angle between two arrays of numbers."""
    norms = jnp.linalg.norm(first.ravel()) * jnp.linalg.norm(second.ravel())
    return float((first * second).sum() / norms)
