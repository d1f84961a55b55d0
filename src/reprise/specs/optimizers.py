"""Parameters of the optimisers and their learning-rate schedules."""

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


class ClippedAdamW(Strict):
    """AdamW on gradients whose every number is cut off (von Oswald et al. 2023, Methods)."""

    name: Literal["clipped_adamw"]
    learning_rate: PositiveFloat
    clip_value: PositiveFloat = 1.0
    """Gradients are cut to [-clip_value, clip_value], number by number."""
    b1: _Decay = 0.9
    b2: _Decay = 0.999
    eps: PositiveFloat = 1e-8
    weight_decay: NonNegativeFloat = 0.0
    schedule: Schedule = Schedule()
    horizon: PositiveInt | None = None
    """Step at which the schedule ends, which may lie behind the last one; None: the last step."""

    @model_validator(mode="after")
    def _rise_ends(self) -> "ClippedAdamW":
        rise = self.schedule.warmup_steps
        if self.horizon is not None and self.horizon <= rise:
            raise ValueError(
                f"horizon must be above schedule.warmup_steps={rise}, got {self.horizon} "
                f"(nearest: {rise + 1})"
            )
        return self


OptimizerSpec = Annotated[AdamW | Muon | ClippedAdamW, Field(discriminator="name")]
