"""Blocks of GPT-2 on feature-first arrays [features, tokens, batch] and their first weights."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from papers.shared.transformer_parts import Norm, Stream, gelu
from papers.yadlowsky2023.spec import CausalTransformer, PFNEncoder

Kept = Float[Array, "width kept batch"]
Attend = Callable[[Array], Array]
"""From q, k, v [3, heads, channels, tokens, batch] to [heads, channels, tokens, batch]."""

EVERY = slice(None)
INIT_DEVIATION = 0.02


class Draw(NamedTuple):
    """Draws the weights of one named part after the other, each from a key of its own."""

    key: jax.Array
    dtype: DTypeLike
    spec: CausalTransformer | PFNEncoder

    def normal(self, number: int, *shape: int, deviation: float = INIT_DEVIATION) -> jax.Array:
        """Normal numbers of mean zero, from the key folded with ``number``."""
        key = jax.random.fold_in(self.key, number)
        return deviation * jax.random.normal(key, shape, self.dtype)

    def map(self, number: int, inputs: int, outputs: int, residual: bool = False) -> "Linear":
        """A map with the weights that the spec's ``initial`` asks for.

        ``residual``: it writes into the residual stream.
        """
        if self.spec.initial == "lecun":
            deviation = inputs**-0.5
        else:
            deviation = INIT_DEVIATION * (2 * self.spec.layers) ** (-0.5 if residual else 0.0)
        return Linear(self.normal(number, inputs, outputs, deviation=deviation))

    def part(self, number: int) -> "Draw":
        """The draws of a part of the network."""
        return self._replace(key=jax.random.fold_in(self.key, number))


class Linear(nnx.Module):
    """``weight.T @ x + bias`` with weight [in, out], as Flax and Muon read it, and bias [out]."""

    def __init__(self, weight: jax.Array):
        self.weight = nnx.Param(weight)
        self.bias = nnx.Param(jnp.zeros(weight.shape[1], weight.dtype))

    def __call__(self, x: Float[Array, "in tokens batch"]) -> Float[Array, "out tokens batch"]:
        """Map every token of ``x``."""
        flat = x.reshape(x.shape[0], -1)
        return affine(self.weight[...], self.bias[...], flat).reshape(-1, *x.shape[1:])


class Block(nnx.Module):
    """``h + attention(norm(h))``, then ``h + mlp(norm(h))`` (GPT-2)."""

    def __init__(self, spec: CausalTransformer | PFNEncoder, draw: Draw):
        width, hidden = spec.width, spec.mlp_ratio * spec.width
        self.heads = spec.heads
        self.norm_attention = Norm(width, draw.dtype)
        self.qkv = draw.map(0, width, 3 * width)
        self.out = draw.map(1, width, width, residual=True)
        self.norm_mlp = Norm(width, draw.dtype)
        self.up = draw.map(2, width, hidden)
        self.down = draw.map(3, hidden, width, residual=True)

    def __call__(self, h: Stream, attend: Attend, kept: slice = EVERY) -> Kept:
        """The residual stream after this block, of the tokens ``kept``."""
        qkv = self.qkv(self.norm_attention(h))
        parts = qkv.reshape(3, self.heads, -1, *h.shape[1:])
        found = attend(parts).reshape(h.shape)[:, kept]
        h = h[:, kept] + self.out(found)
        return h + self.down(gelu(self.up(self.norm_mlp(h))))


def through(blocks: Sequence[Block], h: Stream, attend: Attend, kept: slice) -> Kept:
    """The residual stream after all blocks, of the tokens ``kept``; nobody reads the others.

    The last block leaves out what only they need. Blocks are unrolled: a compiled loop over them
    takes as long to compile, and longer to run.
    """
    *first, last = blocks
    for block in first:
        h = block(h, attend)
    return last(h, attend, kept)


@jax.custom_vjp
def affine(
    weight: Float[Array, "in out"], bias: Float[Array, " out"], x: Float[Array, "in n"]
) -> Float[Array, "out n"]:
    """``weight.T @ x + bias``; the bias gradient is a matrix product, faster than a sum."""
    return weight.T @ x + bias[:, None]


def _affine_backward(saved: tuple[Array, Array], cotangent: Array) -> tuple[Array, Array, Array]:
    weight, x = saved
    ones = jnp.ones((x.shape[1], 1), x.dtype)
    return (cotangent @ x.T).T, (cotangent @ ones)[:, 0], weight @ cotangent


affine.defvjp(lambda w, b, x: (affine(w, b, x), (w, x)), _affine_backward)
