"""Causal attention without softmax (von Oswald et al. 2023, Eq. 2), on feature-first arrays.

On a CPU a running sum of key-value products takes the place of the tokens-by-tokens scores: the
cost grows with tokens times channels squared, nothing of that size is kept for the way back, and
the batch is innermost, so that every product is vector code over sequences. Heads come one by one,
because their sum then stays in the cache.
"""

import functools
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Head = Float[Array, "channels tokens batch"]
Heads = Float[Array, "heads channels tokens batch"]


def linear_attention(q: Heads, k: Heads, v: Heads) -> Heads:
    """Sum over t' <= t of v_t' (k_t' . q_t), the token itself included; nothing is rescaled."""
    if jax.default_backend() == "cpu":
        return running_attention(q, k, v)
    return scored_attention(q, k, v)


def scored_attention(q: Heads, k: Heads, v: Heads) -> Heads:
    """The same by a matrix of scores, for devices that are slow at loops."""
    scores = jnp.einsum("hcib,hcjb->hijb", q, k)
    visible = jnp.tril(jnp.ones(scores.shape[1:3], bool))[..., None]
    return jnp.einsum("hijb,hcjb->hcib", jnp.where(visible, scores, 0), v)


@jax.custom_vjp
def running_attention(q: Heads, k: Heads, v: Heads) -> Heads:
    """The same by a running sum S_t = S_{t-1} + k_t v_t^T, of which q_t^T S_t is read."""
    return _forward(q, k, v)[0]


def _forward(q: Heads, k: Heads, v: Heads) -> tuple[Heads, tuple[Heads, Heads, Heads]]:
    return over_heads(_head_forward, (q, k, v)), (q, k, v)


def _backward(saved: tuple[Heads, Heads, Heads], cotangent: Heads) -> tuple[Heads, Heads, Heads]:
    return over_heads(_head_backward, (*saved, cotangent))


running_attention.defvjp(_forward, _backward)


def _head_forward(qkv: tuple[Head, Head, Head]) -> Head:
    q, k, v = qkv
    return _read(k, v, q)


def _head_backward(saved: tuple[Head, Head, Head, Head]) -> tuple[Head, Head, Head]:
    """The cotangent of q reads the same sum; those of k and v read one of later tokens."""
    q, k, v, cotangent = saved
    of_q = _read(v, k, cotangent)

    def step(total: Array, token: tuple[Array, ...]) -> tuple[Array, tuple[Array, Array]]:
        q, k, v, cotangent = token
        total = total + q[:, None] * cotangent[None]
        of_k = add_products(total.swapaxes(0, 1), v)
        return total, (of_k, add_products(total, k))

    of_k, of_v = over_tokens(step, (q, k, v, cotangent), _zeros(q), reverse=True)
    return of_q, of_k, of_v


def _read(rows: Head, columns: Head, reader: Head) -> Head:
    """Sum over t' <= t of columns_t' (rows_t' . reader_t)."""

    def step(total: Array, token: tuple[Array, ...]) -> tuple[Array, Array]:
        row, column, reader = token
        total = total + row[:, None] * column[None]
        return total, add_products(total, reader)

    found: Head = over_tokens(step, (rows, columns, reader), _zeros(rows))
    return found


def over_heads(function: Callable[..., Any], heads: tuple[Array, ...]) -> Any:
    """``function`` of every head: one by one on a CPU, side by side elsewhere."""
    if jax.default_backend() == "cpu":
        return jax.lax.map(function, heads)
    return jax.vmap(function)(heads)


def add_products(
    matrix: Float[Array, "in out batch"], vector: Float[Array, "in batch"]
) -> Float[Array, "out batch"]:
    """``matrix.T @ vector`` per lane, as a sum of products that fuses into one pass."""
    terms = (matrix[i] * vector[i][None] for i in range(len(vector)))
    return functools.reduce(operator.add, terms)


def over_tokens(
    step: Callable[..., tuple[Array, object]],
    sequences: tuple[Head, ...],
    start: Array,
    reverse: bool = False,
) -> Any:
    """``step(carry, tokens)`` along the sequences; its outputs with the tokens on axis 1 again."""
    by_token = jax.tree.map(lambda x: x.swapaxes(0, 1), sequences)
    _, out = jax.lax.scan(step, start, by_token, reverse=reverse)
    return jax.tree.map(lambda x: x.swapaxes(0, 1), out)


def _zeros(like: Head) -> Float[Array, "channels channels batch"]:
    channels, _, batch = like.shape
    return jnp.zeros((channels, channels, batch), like.dtype)
