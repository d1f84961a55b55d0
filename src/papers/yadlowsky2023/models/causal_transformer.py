"""GPT-2 style decoder for in-context regression (Garg et al. 2022; Yadlowsky et al. 2023, sec. 3).

Pre-norm blocks, learned absolute positions, one linear map from tokens to width, tanh GELU, biases,
a scalar read-out at the token of every x. Initial weights are normal, with deviations as the spec's
``initial`` says (positions: 0.02), biases zero.
"""

from typing import Protocol, runtime_checkable

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from papers.shared.attention import causal_attention
from papers.shared.transformer_parts import Norm
from papers.yadlowsky2023.models.gpt2_blocks import Block, Draw, through
from papers.yadlowsky2023.spec import CausalTransformer

READ_IN, POSITIONS, READ_OUT, BLOCKS = range(4)
"""Constants folded into the root key, one per part; block n has ``BLOCKS + n``."""

AT_X = slice(None, None, 2)
"""Tokens of x among x1, y1, x2, ...: the prediction of a y is read at its x (Garg et al. 2022)."""


@runtime_checkable
class Sequences(Protocol):
    """What a task must say of its sequences x1, y1, ..., of ``pairs`` pairs, x of ``dims``."""

    @property
    def dims(self) -> int:
        """Numbers in a token."""

    @property
    def pairs(self) -> int:
        """Pairs in a sequence of full length."""


class Network(nnx.Module):
    """Tokens [batch, tokens, dims] to one number per pair."""

    def __init__(self, spec: CausalTransformer, dims: int, positions: int, draw: Draw):
        self.read_in = draw.map(READ_IN, dims, spec.width)
        self.positions = nnx.Param(draw.normal(POSITIONS, positions, spec.width))
        self.blocks = nnx.List([Block(spec, draw.part(BLOCKS + n)) for n in range(spec.layers)])
        self.norm = Norm(spec.width, draw.dtype)
        self.read_out = draw.map(READ_OUT, spec.width, 1)

    def __call__(self, x: Float[Array, "batch tokens dims"]) -> Float[Array, "batch pairs"]:
        """Outputs at every x of the tokens ``x``, which see no later one.

        Raises:
            ValueError: positions do not suffice.
        """
        positions = self.positions[...]
        if x.shape[1] > len(positions):
            raise ValueError(f"positions={len(positions)} are fewer than {x.shape[1]} tokens")
        tokens = x.astype(positions.dtype).transpose(2, 1, 0)
        h = self.read_in(tokens) + positions[: x.shape[1]].T[:, :, None]
        h = through(self.blocks, h, causal_attention, AT_X)
        return self.read_out(self.norm(h))[0].T


def build(spec: CausalTransformer, task: Sequences, key: jax.Array, dtype: DTypeLike) -> Network:
    """A network drawn from ``key`` for the sequences of ``task``."""
    positions = 2 * task.pairs if spec.positions is None else spec.positions
    return Network(spec, task.dims, positions, Draw(key, dtype, spec))


def views(module: Network) -> dict[str, jax.Array]:
    """``W_read_in`` [dims, width], ``positions`` [positions, width], ``W_read_out`` [width]."""
    return {
        "W_read_in": module.read_in.weight[...],
        "positions": module.positions[...],
        "W_read_out": module.read_out.weight[...][:, 0],
    }
