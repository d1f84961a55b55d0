"""Causal attention for CPUs: sums of products over batch lanes, with a backward pass of its own.

Heads here are far too small for a matrix product to pay: a sequence of 34 tokens with 16 channels
a head is 256 products of 34 x 16 x 34 a layer. With the batch innermost, each product is written as
a sum of elementwise products, which the compiler turns into vector code over the batch; queries
come in blocks, and a block skips the keys that lie after it.

Three things keep the compiler from spoiling this. A loop over heads separates attention from its
surroundings, so that nothing is fused across it. Blocks leave that loop one by one, since a fused
concatenation is slow. Blocks have at least 16 rows, since with fewer uses of an intermediate result
the compiler computes it again at each use.
"""

import functools
import itertools
import operator
from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

_ROWS = 16

Head = Float[Array, "channels tokens batch"]
Blocks = list[Array]
Saved = tuple[Array, Array, Blocks, Blocks]
"""Per head: q, k, v; output; and in blocks of queries exp(scores) and its sum."""


@jax.custom_vjp
def causal_lanes(
    qkv: Float[Array, "3 heads channels tokens batch"],
) -> Float[Array, "heads channels tokens batch"]:
    """The same as ``causal_attention`` of the module ``attention``, for any number of tokens."""
    return _forward(qkv)[0]


def _forward(qkv: Array) -> tuple[Array, Saved]:
    heads = jnp.moveaxis(qkv, 1, 0)
    outs, weights, totals = jax.lax.map(_head_forward, heads)
    out = jnp.concatenate(outs, axis=2)
    return out, (heads, out, weights, totals)


def _backward(saved: Saved, cotangent: Array) -> tuple[Array]:
    heads, out, weights, totals = saved
    gradients = jax.lax.map(_head_backward, (heads, out, weights, totals, cotangent))
    return (jnp.stack([jnp.concatenate(blocks, axis=2) for blocks in gradients]),)


causal_lanes.defvjp(_forward, _backward)


def _head_forward(qkv: Float[Array, "3 channels tokens batch"]) -> tuple[Blocks, Blocks, Blocks]:
    """Per block of queries: output [channels, n, batch], exp(scores) [n, keys, batch], its sum."""
    q, k, v = qkv
    channels, tokens, _ = q.shape
    q = q * channels**-0.5
    outs, weights, totals = [], [], []
    for start, stop in _blocks(tokens):
        scores = _add(q[c, start:stop, None] * k[c, None, :stop] for c in range(channels))
        visible = np.arange(start, stop)[:, None, None] >= np.arange(stop)[:, None]
        scores = jnp.where(visible, scores, np.finfo(q.dtype).min)
        weight = jnp.exp(scores - scores.max(axis=1, keepdims=True))
        total = _add(weight[:, j] for j in range(stop))
        outs.append(_add(weight[None, :, j] * v[:, None, j] for j in range(stop)) / total)
        weights.append(weight)
        totals.append(total)
    return outs, weights, totals


def _head_backward(saved: tuple[Array, Head, Blocks, Blocks, Head]) -> tuple[Blocks, ...]:
    """Cotangents of q, k and v, each in blocks of tokens."""
    (q, k, v), out, weights, totals, cotangent = saved
    channels, tokens, _ = q.shape
    blocks = _blocks(tokens)
    of_outs, of_scores, of_q, of_k, of_v = [], [], [], [], []
    for (start, stop), weight, total in zip(blocks, weights, totals, strict=True):
        of_out = cotangent[:, start:stop] / total
        along = _add(of_out[c] * out[c, start:stop] for c in range(channels))
        of_weight = _add(of_out[c, :, None] * v[c, None, :stop] for c in range(channels))
        of_score = weight * (of_weight - along[:, None]) * channels**-0.5
        of_q.append(_add(of_score[None, :, j] * k[:, None, j] for j in range(stop)))
        of_outs.append(of_out)
        of_scores.append(of_score)
    for number, (start, stop) in enumerate(blocks):
        later = [
            (block, row, first + row)
            for block, (first, last) in enumerate(blocks[number:], number)
            for row in range(last - first)
        ]
        of_k.append(_add(of_scores[b][None, r, start:stop] * q[:, None, i] for b, r, i in later))
        of_v.append(
            _add(weights[b][None, r, start:stop] * of_outs[b][:, None, r] for b, r, _ in later)
        )
    return of_q, of_k, of_v


def _blocks(tokens: int) -> list[tuple[int, int]]:
    """First and past-the-last query of each block; no block is shorter than ``_ROWS`` if it can."""
    edges = np.linspace(0, tokens, max(1, tokens // _ROWS) + 1).astype(int).tolist()
    return list(itertools.pairwise(edges))


def _add(terms: Iterable[Array]) -> Array:
    return functools.reduce(operator.add, terms)
