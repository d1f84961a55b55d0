"""Parameters of the optimisers and their learning-rate schedules."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from reprise.specs.base import Strict

_Decay = Annotated[float, Field(ge=0, lt=1)]


class Schedule(Strict):
    """Learning rate over a training, as a share of its peak: a linear rise, then ``kind``."""

    kind: Literal["constant", "cosine", "linear"] = "constant"
    warmup_steps: NonNegativeInt = 0
    final_fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the peak that ``cosine`` and ``linear`` reach at the last step."""


class AdamW(Strict):
    """Adam with decoupled decay on every trained tensor, and an optional coupled L1 gradient.

    ``p <- p - learning_rate * (adam(g + l1 * sign(p)) + weight_decay * p)``
    """

    name: Literal["adamw"]
    learning_rate: PositiveFloat
    b1: _Decay = 0.9
    b2: _Decay = 0.999
    eps: PositiveFloat = 1e-8
    weight_decay: NonNegativeFloat = 0.0
    l1: NonNegativeFloat = 0.0
    clip_norm: PositiveFloat | None = None
    """Largest norm of the whole gradient; None does not clip."""
    schedule: Schedule = Schedule()


class Muon(Strict):
    """Momentum orthogonalised by Newton-Schulz on every matrix, Nesterov-Adam on the rest."""

    name: Literal["muon"]
    learning_rate: PositiveFloat
    adam_learning_rate: PositiveFloat | None = None
    """Learning rate of the tensors that are no matrices; None takes ``learning_rate``."""
    beta: _Decay = 0.95
    newton_schulz_steps: PositiveInt = 5
    b1: _Decay = 0.9
    b2: _Decay = 0.999
    weight_decay: NonNegativeFloat = 0.0
    clip_norm: PositiveFloat | None = None
    schedule: Schedule = Schedule()


OptimizerSpec = Annotated[AdamW | Muon, Field(discriminator="name")]
