"""Encoder of a set of points: queries attend to context points only (Müller et al. 2024).

One token per point: a context point's is Linear(x) + Linear(y), a query's Linear(x). No positions,
so that the order of the context does not matter. Blocks and initial weights are those of the causal
transformer.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from papers.shared.attention import masked_attention
from papers.shared.transformer_parts import Norm
from papers.yadlowsky2023.models.gpt2_blocks import Block, Draw, through
from papers.yadlowsky2023.spec import PFNEncoder

READ_X, READ_Y, READ_OUT, BLOCKS = range(4)
"""Constants folded into the root key, one per part; block n has ``BLOCKS + n``."""


@runtime_checkable
class Points(Protocol):
    """What a task must say of its one-dimensional points."""

    @property
    def output(self) -> str:
        """``histogram`` for ``bins`` logits per query, ``mean`` for one number."""

    @property
    def bins(self) -> int:
        """Bins of the histogram."""


class Network(nnx.Module):
    """A context of points (x, y) to outputs per query."""

    def __init__(self, spec: PFNEncoder, outputs: int | None, draw: Draw):
        self.read_x = draw.map(READ_X, 1, spec.width)
        self.read_y = draw.map(READ_Y, 1, spec.width)
        self.blocks = nnx.List([Block(spec, draw.part(BLOCKS + n)) for n in range(spec.layers)])
        self.norm = Norm(spec.width, draw.dtype)
        self.read_out = draw.map(READ_OUT, spec.width, outputs or 1)
        self.scalar = outputs is None

    def __call__(self, x: Mapping[str, Any]) -> Float[Array, "batch queries *outputs"]:
        """Outputs [batch, queries, bins], or [batch, queries] where they are scalars.

        ``x`` holds ``context_x``, ``context_y`` and ``context_mask`` [batch, points] (points that
        are masked by False are ignored) and ``query_x`` [batch, queries].
        """
        known = jnp.asarray(x["context_mask"]).T
        context = self.read_x(self._tokens(x["context_x"]))
        context = context + self.read_y(self._tokens(x["context_y"]))
        h = jnp.concatenate([context, self.read_x(self._tokens(x["query_x"]))], axis=1)
        queries = slice(len(known), None)
        h = through(self.blocks, h, lambda qkv: masked_attention(qkv, known[None]), queries)
        out = self.read_out(self.norm(h)).transpose(2, 1, 0)
        return out[..., 0] if self.scalar else out

    def _tokens(self, numbers: Any) -> Float[Array, "1 tokens batch"]:
        return jnp.asarray(numbers, self.read_x.weight[...].dtype).T[None]


def build(spec: PFNEncoder, task: Points, key: jax.Array, dtype: DTypeLike) -> Network:
    """A network drawn from ``key``, with the outputs that ``task`` asks for."""
    return Network(spec, task.bins if task.output == "histogram" else None, Draw(key, dtype, spec))


def views(module: Network) -> dict[str, jax.Array]:
    """``W_read_x`` [width], ``W_read_y`` [width], ``W_read_out`` [width, bins]."""
    return {
        "W_read_x": module.read_x.weight[...][0],
        "W_read_y": module.read_y.weight[...][0],
        "W_read_out": module.read_out.weight[...],
    }
