"""Parameters of a run: task, model, optimiser, schedule of logs and snapshots, members."""

from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from reprise.specs.base import Name, Strict
from reprise.specs.models import ModelSpec
from reprise.specs.tasks import TaskSpec

Scalar = bool | int | float | str

DYNAMIC_AXES = frozenset(
    {"seed", "optimizer.learning_rate", "optimizer.weight_decay", "optimizer.l1"}
)
"""Member axes that share one compiled step; every other axis makes a job of its own."""


_MOST_MEMBERS = 100_000


class AdamW(Strict):
    """Adam with decoupled decay on every trained tensor, and an optional coupled L1 gradient.

    ``p <- p - learning_rate * (adam(g + l1 * sign(p)) + weight_decay * p)``
    """

    name: Literal["adamw"]
    learning_rate: PositiveFloat
    b1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    b2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    eps: PositiveFloat = 1e-8
    weight_decay: NonNegativeFloat = 0.0
    l1: NonNegativeFloat = 0.0


OptimizerSpec = AdamW


class Snapshots(Strict):
    """Views of the weights (a model's ``views``) kept every ``every`` steps, for the figures."""

    every: PositiveInt
    views: tuple[Name, ...] = Field(min_length=1)


class RunSpec(Strict):
    """One training of a batch of members that differ along ``members`` axes (their product)."""

    task: TaskSpec
    model: ModelSpec
    optimizer: OptimizerSpec
    steps: PositiveInt
    """Index of the last step; steps 0..steps are taken, as in the published loops."""
    log_every: PositiveInt
    snapshots: Snapshots | None = None
    dtype: Literal["float32", "float64"] = "float32"
    threads: PositiveInt = 1
    """CPU threads of one job; one keeps results independent of the machine's core count."""
    batching: Literal["map", "vmap"] = "map"
    """How members share the device: one after the other inside the program, or side by side."""
    members: dict[str, list[Scalar]] = Field(
        default_factory=lambda: dict[str, list[Scalar]](seed=[0])
    )
    members_per_job: PositiveInt | None = None
    """Upper limit of members trained by one job; None puts all that share shapes into one."""

    @field_validator("members", mode="before")
    @classmethod
    def _ranges(cls, value: Any) -> Any:
        """Expand ``{first: 0, last: 8}`` to the inclusive list of integers."""
        if not isinstance(value, dict):
            return value
        expanded = {}
        for axis, item in value.items():
            try:
                expanded[axis] = _expand(item)
            except ValueError as error:
                raise ValueError(f"members.{axis}: {error}") from None
        return expanded

    @model_validator(mode="after")
    def _consistent(self) -> "RunSpec":
        if self.steps % self.log_every:
            raise ValueError(f"log_every must divide steps={self.steps}, got {self.log_every}")
        if self.snapshots and self.snapshots.every % self.log_every:
            raise ValueError(
                f"snapshots.every must be a multiple of log_every={self.log_every}, "
                f"got {self.snapshots.every}"
            )
        if self.snapshots and self.steps % self.snapshots.every:
            raise ValueError(
                f"snapshots.every must divide steps={self.steps}, got {self.snapshots.every}"
            )
        if "seed" not in self.members:
            raise ValueError("members must have the axis 'seed'")
        if not all(type(seed) is int and 0 <= seed < 2**32 for seed in self.members["seed"]):
            raise ValueError(
                f"members.seed must be whole numbers in 0..2**32 - 1, got {self.members['seed']}"
            )
        for axis, values in self.members.items():
            if not values or len(set(map(repr, values))) != len(values):
                raise ValueError(
                    f"members.{axis} must list one or more different values, got {values}"
                )
        return self


def _expand(item: Any) -> Any:
    if not isinstance(item, dict) or set(item) != {"first", "last"}:
        return item
    first, last = item["first"], item["last"]
    if not (type(first) is type(last) is int) or last - first >= _MOST_MEMBERS:
        raise ValueError(
            f"first and last must be whole numbers, at most {_MOST_MEMBERS} of them, got {item}"
        )
    return list(range(first, last + 1))
