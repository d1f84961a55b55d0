"""Decoder family: llama, fairseq's dense GPTs, momentum attention (Dai et al. 2022).

Arrays are [sequence, token, feature]. The weights of all layers are stacked on a leading layer axis
and read by one ``scan``, so that thirty layers compile as fast as one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int

from papers.dai2022.models.decoder_attention import Past, Trace, attention
from papers.dai2022.models.decoder_parts import (
    Rotation,
    Stream,
    Weights,
    embedded,
    mlp,
    normed,
    rotation,
    unembedding,
)
from papers.dai2022.models.decoder_weights import drawn
from papers.dai2022.spec import Decoder

Keep = Callable[[Trace, Past | None], Any]
"""Chooses what of every layer's trace is kept."""


@runtime_checkable
class Language(Protocol):
    """What a task must say of its documents."""

    @property
    def vocabulary(self) -> int:
        """Number of tokens."""


class Network(nnx.Module):
    """Tokens [sequence, token] to logits of what follows each token, which sees no later one.

    ``weights``: name -> array as ``decoder_weights.shapes`` lists them.
    """

    def __init__(self, spec: Decoder, weights: Weights):
        self.spec = spec
        outer = {name: value for name, value in weights.items() if "." not in name}
        inner = {name: value for name, value in weights.items() if "." in name}
        for name, value in outer.items():
            setattr(self, name, nnx.Param(value))
        self.layers = nnx.Dict(
            {name.removeprefix("layers."): nnx.Param(value) for name, value in inner.items()}
        )

    def __call__(self, x: Int[Array, "sequence token"]) -> Float[Array, "sequence token logit"]:
        """Logits of the next token."""
        outer, layers = parts(self)
        return logits(self.spec, outer, layers, x)


def parts(module: Network) -> tuple[dict[str, Array], dict[str, Array]]:
    """The weights outside of layers, and the stacked ones of layers."""
    names = ("embedding", "norm", "norm_bias", "unembedding")
    outer = {name: getattr(module, name)[...] for name in names if hasattr(module, name)}
    return outer, {name: value[...] for name, value in module.layers.items()}


def logits(
    spec: Decoder, outer: Weights, layers: Weights, x: Int[Array, "sequence token"]
) -> Array:
    """Logits [sequence, token, vocabulary] of the next token."""
    h = embedded(spec, outer, x, 0)
    turn = rotation(spec, x.shape[1], 0, h.dtype)
    h, _ = run(spec, layers, h, turn, None, lambda trace, past: None)
    return normed(spec, outer, "norm", h) @ unembedding(spec, outer).T


def run(
    spec: Decoder,
    layers: Weights,
    h: Stream,
    turn: Rotation | None,
    past: Past | None,
    keep: Keep,
) -> tuple[Stream, Any]:
    """The stream after all layers, and what ``keep`` chose, stacked over layers.

    ``past`` has a leading layer axis on every member.
    """

    def step(h: Array, xs: tuple[Mapping[str, Array], Past | None]) -> tuple[Array, Any]:
        weights, before = xs
        h, trace = block(spec, weights, h, turn, before)
        return h, keep(trace, before)

    return jax.lax.scan(step, h, (dict(layers), past))


def block(
    spec: Decoder, weights: Weights, h: Stream, turn: Rotation | None, past: Past | None
) -> tuple[Stream, Trace]:
    """``h + attention(norm(h))``, then ``h + mlp(norm(h))``."""
    trace = attention(spec, weights, normed(spec, weights, "norm_attention", h), turn, past)
    h = h + trace.hidden
    return h + mlp(spec, weights, normed(spec, weights, "norm_mlp", h)), trace


def build(spec: Decoder, task: Language, key: jax.Array, dtype: DTypeLike) -> Network:
    """A network drawn from ``key``, for the task's vocabulary unless the spec names one.

    Raises:
        ValueError: the spec's vocabulary is smaller than the task's.
    """
    if spec.vocabulary is not None and spec.vocabulary < task.vocabulary:
        raise ValueError(
            f"model.vocabulary must be at least the task's {task.vocabulary}, got {spec.vocabulary}"
        )
    return Network(spec, drawn(spec, spec.vocabulary or task.vocabulary, key, jnp.dtype(dtype)))


def views(module: Network) -> dict[str, jax.Array]:
    """``embedding`` [vocabulary, width]; ``convolution`` [layer, head, lag] where there is one."""
    arrays = {"embedding": parts(module)[0]["embedding"]}
    if "convolution" in module.layers:
        arrays["convolution"] = module.layers["convolution"][...]
    return arrays
