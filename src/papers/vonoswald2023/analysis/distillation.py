"""How nearly linear a softmax attention layer is: linear attention trained to do what it does.

A linear layer of the same shape reads what the softmax layer reads and is fitted to what that adds
to the residual stream; then it takes its place in the network (von Oswald et al. 2023, Eq. 70).
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Key

from papers.shared.transformer_parts import Stream
from papers.vonoswald2023.models.mesa_parts import Attention, Layer, Normals
from papers.vonoswald2023.spec import MesaTransformer

Activations = Float[Array, "sequence token feature"]
Numbers = Float[np.ndarray | Array, "*shape"]


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
    return _distilled(spec, number == 0, fit, inputs, outputs, key)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _distilled(
    spec: MesaTransformer, first: bool, fit: Fit, inputs: Array, outputs: Array, key: Array
) -> Distilled:
    """One program for all layers of a network but the first, which may read positions."""
    draw = Normals(jax.random.fold_in(key, 0), inputs.dtype, spec.init_deviation)
    graph, start = nnx.split(Attention(spec, "linear", inputs.shape[2], first, draw))
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

    begin = (start, optimizer.init(start))
    (state, _), errors = jax.lax.scan(step, begin, 1 + jnp.arange(fit.steps))
    return Distilled(nnx.merge(graph, state), errors)


def with_attention(layer: Layer, attention: Attention) -> Layer:
    """A copy of ``layer`` that has another attention."""
    copy = nnx.clone(layer)
    copy.attention = attention
    return copy


def cosine(first: Numbers, second: Numbers) -> float:
    """Cosine of the angle between two arrays of numbers."""
    first, second = np.asarray(first), np.asarray(second)
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    return float((first * second).sum() / norms)
