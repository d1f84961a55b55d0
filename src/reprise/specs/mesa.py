"""Parameters of the sequence models of von Oswald et al. 2023 (Methods, Tables 1 to 3)."""

from typing import Annotated, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from reprise.specs.base import Strict
from reprise.specs.errors import nearest_divisor

LayerKind = Literal["linear", "softmax", "mesa"]


class MesaTransformer(Strict):
    """A stack of linear, softmax or mesa attention layers, all of one size and without biases.

    The table's networks: LSA-d is d ``linear`` layers on constructed tokens, SM-d d ``softmax``
    layers, hybrid-mesa ``softmax, mesa``; full-mesa is ``mesa, mesa`` as described, and
    ``linear, mesa`` as released.
    """

    name: Literal["mesa_transformer"]
    layers: Annotated[tuple[LayerKind, ...], Field(min_length=1, strict=False)]
    """The attention of each layer, the first one first."""
    heads: PositiveInt
    key_size: PositiveInt | None = None
    """Features of a head's queries, keys and values, at most the width where there is one (as in
    the published programs); None: ``width / heads``."""
    width: PositiveInt | None = None
    """Features of the residual stream, with linear maps from the observations into it and from it
    to the predictions. None: tokens are the stream, and its first features the predictions."""
    positions: bool = False
    """True: sines and cosines of the position are concatenated to what the first layer's queries
    and keys are projected from."""
    normalized_keys: bool = False
    """True: queries and keys have length 1 in all layers but the first."""
    mlp: PositiveInt | None = None
    """Hidden features of a GELU MLP after every attention; None: no MLP."""
    layer_norm: bool = False
    """True: layer norms before every attention and MLP, and before predictions are read."""
    clip: PositiveFloat | None = None
    """The residual stream is cut to [-clip, clip] after every layer; None: it is not."""
    init_deviation: PositiveFloat = 0.05
    """Standard deviation of all initial weights, which are normal."""
    initial_lambda: PositiveFloat = 1.0
    """Initial lambda of every head of a mesa layer: the inverse of its ridge."""
    positive_lambda: bool = False
    """True: lambda is the exponential of the trained number; False: the number itself."""

    @model_validator(mode="after")
    def _key_size_is_known(self) -> "MesaTransformer":
        if self.key_size is not None:
            return self
        if self.width is None:
            raise ValueError("key_size must be set where width is not")
        if self.width % self.heads:
            near = nearest_divisor(self.width, self.heads)
            raise ValueError(
                f"heads must divide width={self.width} where key_size is not set, "
                f"got {self.heads} (nearest: {near})"
            )
        return self

    @property
    def head_size(self) -> int:
        """``key_size`` cut to the width, or what it stands for."""
        if self.key_size is None:
            return (self.width or 0) // self.heads
        return self.key_size if self.width is None else min(self.key_size, self.width)


class PreconditionedStep(Strict):
    """A gradient step preconditioned by a second-order iteration (Proposition 2, Eq. 9).

    Trained are two numbers per iteration only.
    """

    name: Literal["preconditioned_step"]
    iterations: PositiveInt
    """Iterations before the gradient step: a network of one more layer is explained by it."""
    ridge: NonNegativeFloat = 0.001
    """Added to the diagonal of the observations' second moments (1 / lambda of the paper)."""
    lag: NonNegativeInt = 0
    """Newest pairs (s_{t-1}, s_t), ... that are left out; 1 as released."""
    stacked: PositiveInt = 1
    """Observations that a regressor holds, the newest first (16 where the state is hidden)."""
