"""Norms, positions and MLPs of the decoder family, on [sequence, token, feature] arrays.

Weights are dictionaries of arrays: those of one layer here, without the leading layer axis.
"""

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from papers.dai2022.spec import Decoder

Stream = Float[Array, "sequence token width"]
Weights = Mapping[str, Array]
"""Name -> array."""
Rotation = Float[Array, "2 token pair"]
"""Cosines and sines of every token's rotation."""


def normed(spec: Decoder, weights: Weights, name: str, h: Array) -> Array:
    """Layer norm or root-mean-square norm over the last axis, with the gain (and bias) ``name``."""
    if spec.norm == "rms":
        return _root_mean_square(h, spec.norm_epsilon) * weights[name]
    return _standardized(h, spec.norm_epsilon) * weights[name] + weights[f"{name}_bias"]


# What is cheap is made again on the way back: writing and reading it takes longer on a CPU.
@partial(jax.checkpoint, static_argnums=1)
def _root_mean_square(h: Array, epsilon: float) -> Array:
    return h * jax.lax.rsqrt((h * h).mean(axis=-1, keepdims=True) + epsilon)


@partial(jax.checkpoint, static_argnums=1)
def _standardized(h: Array, epsilon: float) -> Array:
    centred = h - h.mean(axis=-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred * centred).mean(axis=-1, keepdims=True) + epsilon)


@jax.checkpoint
def _swiglu(gate: Array, up: Array) -> Array:
    return jax.nn.silu(gate) * up


@jax.checkpoint
def _gelu(up: Array) -> Array:
    return jax.nn.gelu(up, approximate=False)


def mapped(weights: Weights, name: str, x: Array) -> Array:
    """``x @ weight`` with weight [in, out], and the bias where there is one."""
    y: Array = x @ weights[name]
    bias = weights.get(f"{name}_bias")
    return y if bias is None else y + bias


def mlp(spec: Decoder, weights: Weights, h: Array) -> Array:
    """``down(silu(gate(h)) * up(h))`` or ``down(gelu(up(h)))``, gelu with the error function."""
    if spec.mlp == "swiglu":
        hidden = _swiglu(mapped(weights, "gate", h), mapped(weights, "up", h))
    else:
        hidden = _gelu(mapped(weights, "up", h))
    return mapped(weights, "down", hidden)


def sinusoids(width: int, rows: int) -> Float[np.ndarray, "rows width"]:
    """[sin half | cos half] of row * 10000^(-i / (width / 2 - 1)), i = 0 .. width / 2 - 1.

    fairseq's table: the slowest angle has exactly the frequency 1 / 10000.
    """
    half = width // 2
    angle = np.arange(rows)[:, None] * 10000.0 ** (-np.arange(half) / (half - 1))
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)


def rotations(size: int, base: float, rows: int) -> Float[np.ndarray, "2 rows pairs"]:
    """Cosines and sines of row * base^(-2 i / size), one for each pair i of a head's features."""
    angle = np.arange(rows)[:, None] * float(base) ** (-np.arange(0, size, 2) / size)
    return np.stack([np.cos(angle), np.sin(angle)])


def rotate(x: Float[Array, "... token head size"], by: Rotation) -> Array:
    """Every pair of adjacent features (2 i, 2 i + 1) of a head, rotated."""
    cosine, sine = (jnp.repeat(part, 2, axis=-1)[:, None] for part in by)
    pairs = x.reshape(*x.shape[:-1], -1, 2)
    turned = jnp.stack([-pairs[..., 1], pairs[..., 0]], axis=-1).reshape(x.shape)
    return x * cosine + turned * sine


def rotation(spec: Decoder, tokens: int, start: Array | int, dtype: jnp.dtype) -> Rotation | None:
    """The rotation of ``tokens`` tokens after ``start`` earlier ones; None without rope."""
    if spec.positions != "rope":
        return None
    rows = _rows(spec, tokens, start)
    table = rotations(spec.size, spec.rope_base, rows)
    return _from(table, spec.position_offset + start, tokens, dtype)


def embedded(spec: Decoder, weights: Weights, tokens: Array, start: Array | int) -> Stream:
    """The residual stream before the first layer; ``start`` tokens came before."""
    h = weights["embedding"][tokens] * spec.embedding_scale
    if spec.positions != "sinusoid":
        return h
    count = tokens.shape[-1]
    table = sinusoids(spec.width, _rows(spec, count, start))
    return h + _from(table, spec.position_offset + start, count, h.dtype)


def _rows(spec: Decoder, tokens: int, start: Array | int) -> int:
    """Rows of a table of positions: no more than needed where it is known where tokens begin."""
    return spec.position_offset + tokens + (start if isinstance(start, int) else spec.context)


def _from(table: np.ndarray, first: Array | int, count: int, dtype: jnp.dtype) -> Array:
    """``count`` of the table's columns or rows (its last axis but one), from ``first`` on."""
    if isinstance(first, int):
        return jnp.asarray(table[..., first : first + count, :], dtype)
    return jax.lax.dynamic_slice_in_dim(jnp.asarray(table, dtype), first, count, axis=-2)


def unembedding(spec: Decoder, weights: Weights) -> Float[Array, "vocabulary width"]:
    """The rows whose products with the last normed stream are the logits."""
    matrix: Array = weights["embedding" if spec.tied else "unembedding"]
    return matrix
