"""The mesa-layer: attention by regularised least squares (von Oswald et al. 2023, Eqs. 4 to 8).

Per head, with lambda the inverse ridge,

    R_t = (sum over t' <= t of k_t' k_t'^T + I / lambda)^-1,   out_t = V_t K_t^T R_t q_t.

R follows from one token to the next by the Sherman-Morrison formula; what the queries become is
then attended to without softmax. The way back keeps neither the matrices R_t nor the last one. With
u_t = R_t g_t for the cotangents g_t of R_t q_t (the same recursion again, g in place of q),

    dq_t = u_t,   dk_t = -sum over t' >= t of (u_t' q~_t'^T + q~_t' u_t'^T) k_t,
    dlambda = sum over t of u_t . q~_t / lambda^2

by the implicit function theorem (App. C.2). The published backward pass (App. C.1) recovers R_{t-1}
from R_t instead and divides by k_t^T R_t k_t - 1, which loses all digits as lambda |k|^2 grows.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from papers.vonoswald2023.models.linear_attention import (
    Head,
    Heads,
    add_products,
    linear_attention,
    over_heads,
    over_tokens,
)

Saved = tuple[Heads, Heads, Float[Array, " heads"]]


def mesa_attention(q: Heads, k: Heads, v: Heads, lam: Float[Array, " heads"]) -> Heads:
    """V_t K_t^T R_t q_t per head; ``lam`` is the inverse ridge of each head."""
    return linear_attention(precondition(q, k, lam), k, v)


@jax.custom_vjp
def precondition(q: Heads, k: Heads, lam: Float[Array, " heads"]) -> Heads:
    """R_t q_t (Eq. 6), by one update of R per token."""
    return _forward(q, k, lam)[0]


def _forward(q: Heads, k: Heads, lam: Array) -> tuple[Heads, Saved]:
    out = over_heads(_head, (q, k, lam))
    return out, (k, out, lam)


def _backward(saved: Saved, cotangent: Heads) -> tuple[Heads, Heads, Array]:
    k, out, lam = saved
    u = over_heads(_head, (cotangent, k, lam))
    of_k = over_heads(_of_keys, (k, out, u))
    return u, of_k, (u * out).sum(axis=(1, 2, 3)) / lam**2


precondition.defvjp(_forward, _backward)


def _head(inputs: tuple[Head, Head, Float[Array, ""]]) -> Head:
    """R_t q_t of one head: R_t = R_{t-1} - w w^T / (1 + k_t . w) with w = R_{t-1} k_t."""
    q, k, lam = inputs
    channels, _, batch = k.shape

    def step(inverse: Array, token: tuple[Array, Array]) -> tuple[Array, Array]:
        q, k = token
        w = add_products(inverse, k)
        scale = 1 + (w * k).sum(axis=0)
        inverse = inverse - w[:, None] * (w / scale)[None]
        return inverse, add_products(inverse, q)

    start = jnp.broadcast_to(
        (lam * jnp.eye(channels, dtype=k.dtype))[..., None], (channels, channels, batch)
    )
    out: Head = over_tokens(step, (q, k), start)
    return out


def _of_keys(inputs: tuple[Head, Head, Head]) -> Head:
    """The cotangent of the keys of one head, from the last token to the first."""
    k, out, u = inputs
    channels, _, batch = k.shape

    def step(total: Array, token: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        k, out, u = token
        total = total + u[:, None] * out[None] + out[:, None] * u[None]
        return total, -add_products(total, k)

    found: Head = over_tokens(
        step, (k, out, u), jnp.zeros((channels, channels, batch), k.dtype), reverse=True
    )
    return found
