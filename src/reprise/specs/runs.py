"""Parameters of a run: task, model, optimiser, schedule of logs and snapshots, members.

``jobs`` splits the members, a grid, into jobs: those that share a compiled step.
"""

import importlib
import itertools
import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SerializeAsAny,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from reprise.specs.base import ModelParameters, Name, Strict, TaskParameters
from reprise.specs.errors import ConfigError, suggest, words

Scalar = bool | int | float | str

DYNAMIC_AXES = frozenset(
    {"seed", "optimizer.learning_rate", "optimizer.weight_decay", "optimizer.l1"}
)
"""Member axes that share one compiled step; every other axis makes a job of its own."""

Profile = Literal["exact", "fast", "bf16", "f64"]
"""The arithmetic in which networks are trained and asked for answers."""
Lower = Literal["fast", "bf16"]
"""Profiles of lower precision: part of the spec of every run, and of every dataset that asks a
network. The others choose the dtype of runs, which their specs hold anyway."""

DTYPES = {"f64": "float64", "fast": "float32", "bf16": "float32"}
"""The dtype that a profile gives to every run: of parameters, optimiser states and sums."""

_MOST_MEMBERS = 100_000


def lower(profile: str) -> Lower | None:
    """``profile`` if it is one of lower precision."""
    return next((name for name in get_args(Lower) if name == profile), None)


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


class Snapshots(Strict):
    """Views of the weights (a model's ``views``) kept every ``every`` steps, for the figures."""

    every: PositiveInt
    views: tuple[Name, ...] = Field(min_length=1)


class Phase(Strict):
    """The beginning of a curriculum: other values of the task before a step."""

    until: PositiveInt
    """First step that is no longer of this phase."""
    task: dict[str, Scalar] = Field(min_length=1)
    """Fields of the task -> their values in this phase."""


class RunSpec(Strict):
    """One training of a batch of members that differ along ``members`` axes (their product).

    A paper narrows ``task`` and ``model`` to its own (``run_spec``).
    """

    task: TaskParameters
    model: ModelParameters
    optimizer: OptimizerSpec
    steps: PositiveInt
    """Index of the last step; steps 0..steps are taken, as in the published loops."""
    log_every: PositiveInt
    phases: tuple[Phase, ...] = ()
    """A curriculum, in order; after its last phase the task is as given in ``task``."""
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
        self._check_phases()
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

    def _check_phases(self) -> None:
        ends = [phase.until for phase in self.phases]
        if ends != sorted(set(ends)) or any(end > self.steps for end in ends):
            raise ValueError(f"phases must end one after the other before steps={self.steps}")
        for number in range(len(ends)):
            self._phase_task(number)
        for task in self.tasks:
            self.model.check_task(task)

    @property
    def tasks(self) -> tuple[TaskParameters, ...]:
        """The task of every phase, the last one being ``task`` itself."""
        return (*(self._phase_task(number) for number in range(len(self.phases))), self.task)

    def _phase_task(self, number: int) -> TaskParameters:
        values = self.phases[number].task
        for name in values:
            if name not in type(self.task).model_fields or name == "name":
                near = suggest(name, type(self.task).model_fields)
                raise ValueError(f"phases.{number}.task: {self.task.name} has no {name!r}{near}")
        data = {**self.task.model_dump(mode="json"), **values}
        try:
            return type(self.task).model_validate_json(json.dumps(data))
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, ("phases", number, "task", *fault["loc"])))
            raise ValueError(f"{where}: {words(fault)}") from None


@cache
def run_spec(paper: str) -> type[RunSpec]:
    """``RunSpec`` with ``Task`` and ``Model`` of ``papers/<paper>/spec.py``; raises ConfigError."""
    try:
        own = importlib.import_module(f"papers.{paper}.spec")
    except ModuleNotFoundError as error:
        raise ConfigError(f"papers/{paper}/spec.py: {error}") from None
    return create_model("RunSpec", __base__=RunSpec, task=(own.Task, ...), model=(own.Model, ...))


def _expand(item: Any) -> Any:
    if not isinstance(item, dict) or set(item) != {"first", "last"}:
        return item
    first, last = item["first"], item["last"]
    if not (type(first) is type(last) is int) or last - first >= _MOST_MEMBERS:
        raise ValueError(
            f"first and last must be whole numbers, at most {_MOST_MEMBERS} of them, got {item}"
        )
    return list(range(first, last + 1))


class JobSpec(Strict):
    """One training job: a run whose static axes are settled, and the members it trains."""

    run: SerializeAsAny[RunSpec]
    members: tuple[dict[str, Scalar], ...]
    """One mapping per member: every axis of the run, its value for this member."""
    numerics: Lower | None = None
    """The profile of lower precision that it is trained in, if any."""


def read_job(paper: str, data: Mapping[str, Any]) -> JobSpec:
    """The job that ``data`` (JSON) describes, with the typed task and model of ``paper``."""
    run = run_spec(paper).model_validate_json(json.dumps(data["run"]))
    rest = {name: value for name, value in data.items() if name != "run"}
    return JobSpec.model_validate({"run": run, **rest}, strict=False)


def grid(spec: RunSpec) -> tuple[dict[str, Scalar], ...]:
    """All members of ``spec``, in the order of the product of its axes (first axis slowest)."""
    axes = list(spec.members)
    product = itertools.product(*(spec.members[axis] for axis in axes))
    return tuple(dict(zip(axes, values, strict=True)) for values in product)


def jobs(spec: RunSpec, numerics: Lower | None = None) -> tuple[JobSpec, ...]:
    """Split the members of ``spec`` into jobs of equal shapes, at most ``members_per_job`` each.

    ValueError: an axis is not a parameter of the run, or a value is not valid for it.
    """
    groups: dict[str, tuple[dict[str, Scalar], list[dict[str, Scalar]]]] = {}
    for member in grid(spec):
        static = {axis: value for axis, value in member.items() if axis not in DYNAMIC_AXES}
        groups.setdefault(json.dumps(static), (static, []))[1].append(member)
    shared = [axis for axis in spec.members if axis in DYNAMIC_AXES - {"seed"}]
    for axis in shared:
        for value in spec.members[axis]:
            with_values(spec, {axis: value})
    result = []
    for static, members in groups.values():
        settled = with_values(spec, static)
        if numerics and settled.dtype != "float32":
            raise ValueError(
                f"dtype must be 'float32' under the numerics profile {numerics!r}, "
                f"got {settled.dtype!r}"
            )
        members = [dict(sorted(member.items())) for member in members]  # as in a node's file
        size = spec.members_per_job or len(members)
        result += [
            JobSpec(run=settled, members=tuple(members[i : i + size]), numerics=numerics)
            for i in range(0, len(members), size)
        ]
    return tuple(result)


def with_values(spec: RunSpec, values: Mapping[str, Any]) -> RunSpec:
    """``spec`` with dotted paths set; ValueError: one does not exist, or a value is not valid."""
    data = spec.model_dump()
    for path, value in values.items():
        *parents, last = path.split(".")
        target: Any = data
        for part in parents:
            target = target.get(part) if isinstance(target, dict) else None
        if not isinstance(target, dict) or last not in target:
            raise ValueError(f"members.{path} is not a parameter of the run")
        target[last] = value
    try:
        return type(spec).model_validate(data)
    except ValidationError as error:
        fault = error.errors()[0]
        field = [str(part) for part in fault["loc"][-1:]]
        own = [path for path in values if path.split(".")[-1:] == field] or values
        where = ", ".join(f"members.{path}={values[path]!r}" for path in own)
        raise ValueError(f"{where}: {words(fault)}") from None
