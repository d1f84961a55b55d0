"""Sequence models with linear, softmax and mesa layers (von Oswald et al. 2023, Methods).

At every token the network predicts the next observation. Networks with a width read tokens by a
linear map and predictions by another; for the others tokens are the residual stream, and the first
features of what it becomes are the predictions.
"""

from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from papers.shared.transformer_parts import Norm, Stream
from papers.vonoswald2023.models.mesa_parts import Attention, Layer, Normals, Weight, dtype_of
from papers.vonoswald2023.spec import MesaTransformer

READ_IN, READ_OUT, LAYERS = range(3)
"""Constants folded into the root key, one per part; layer n has ``LAYERS + n``."""


@runtime_checkable
class Observations(Protocol):
    """What a task must say of its sequences."""

    @property
    def token_dims(self) -> int:
        """Numbers of a token."""

    @property
    def target_dims(self) -> int:
        """Numbers that are predicted at every token."""


class Network(nnx.Module):
    """Sequences [batch, tokens, dims] to a prediction at every token, which sees no later one."""

    def __init__(self, spec: MesaTransformer, dims: int, outputs: int, draw: Normals):
        self.outputs = outputs
        width = dims if spec.width is None else spec.width
        self.layers = nnx.List(
            [Layer(spec, n, width, draw.part(LAYERS + n)) for n in range(len(spec.layers))]
        )
        self.norm = nnx.List([Norm(width, draw.dtype)] if spec.layer_norm else [])
        self.maps: nnx.List[Weight] = nnx.List([])
        if spec.width is not None:
            read_in = draw(READ_IN, dims, width)
            read_out = draw(READ_OUT, width, outputs)
            self.maps = nnx.List([Weight(read_in), Weight(read_out)])

    def __call__(
        self, x: Float[Array, "batch tokens dims"]
    ) -> Float[Array, "batch tokens outputs"]:
        """Predictions of what follows each token of ``x``."""
        return self.read(self.streams(x)[-1])

    def streams(
        self, x: Float[Array, "batch tokens dims"], layers: int | None = None
    ) -> list[Stream]:
        """The residual stream [width, tokens, batch] before the first and after every layer.

        ``layers``: so many layers, from the first; None: all.
        """
        tokens = x.astype(dtype_of(self.layers[0].attention)).transpose(2, 1, 0)
        h = self.maps[0](tokens) if self.maps else tokens
        found = [h]
        for layer in list(self.layers)[:layers]:
            found.append(layer(found[-1]))
        return found

    def read(self, h: Stream) -> Float[Array, "batch tokens outputs"]:
        """Predictions of a residual stream."""
        h = self.norm[0](h) if self.norm else h
        h = self.maps[1](h) if self.maps else h[: self.outputs]
        return h.transpose(2, 1, 0)


def build(spec: MesaTransformer, task: Observations, key: jax.Array, dtype: DTypeLike) -> Network:
    """A network drawn from ``key`` for the sequences of ``task``."""
    draw = Normals(key, dtype, spec.init_deviation)
    return Network(spec, task.token_dims, task.target_dims, draw)


def views(module: Network) -> dict[str, jax.Array]:
    """Per layer n from 1: ``KQ_n`` [heads, in, in], ``PV_n`` [heads, width, width], ``lambda_n``.

    ``KQ`` is W_k^T W_q of the paper (scores are e_t'^T KQ e_t) and ``PV`` is P W_v; lambda [heads]
    is there for mesa layers, ``W_read_in`` [dims, width] and ``W_read_out`` [width, outputs] where
    the network has a width.
    """
    shown = {}
    for number, layer in enumerate(module.layers, 1):
        shown[f"KQ_{number}"], shown[f"PV_{number}"] = products(layer.attention)
        if layer.attention.kind == "mesa":
            shown[f"lambda_{number}"] = layer.attention.lam
    if module.maps:
        shown["W_read_in"], shown["W_read_out"] = (part.weight[...] for part in module.maps)
    return shown


def products(
    attention: Attention,
) -> tuple[Float[Array, "heads in in"], Float[Array, "heads width width"]]:
    """W_k^T W_q and P W_v of every head, all that attention without normalisation depends on."""
    query, key, value = (
        part.weight[...].reshape(part.weight[...].shape[0], attention.heads, -1)
        for part in (attention.query, attention.key, attention.value)
    )
    weight = attention.out.weight[...]
    out = weight.reshape(attention.heads, -1, weight.shape[1])
    return jnp.einsum("ihc,jhc->hij", key, query), jnp.einsum("hco,ihc->hoi", out, value)
