"""The strict base of every spec, fields that several share, and the bases that papers extend."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""A name that becomes part of a path: letters, digits, ``_`` and ``-``, at most 64."""

Fraction = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Strict(BaseModel):
    """A frozen model that refuses unknown fields, coerced types, infinities and NaN."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, protected_namespaces=()
    )


class TaskParameters(Strict):
    """Parameters of a task; a paper's ``spec.py`` extends it, with a literal ``name``.

    The task's functions are in the module of that name in the paper's room ``tasks``:

    ``splits(spec, seed) -> {"train": batch, "test": batch}``
        fixed data made on the host (NumPy); only ``test`` where training data is drawn at every
        step;
    ``sample(spec, key) -> batch``
        one fresh batch (JAX), where the task draws data at every step;
    ``loss(spec, outputs, batch) -> scalar``, ``metrics(spec, outputs, batch) -> {name: scalar}``.

    A batch is a mapping of (trees of) arrays whose first axis is the example; ``batch["x"]`` feeds
    the model.
    """

    name: str

    @property
    def arguments(self) -> dict[str, Any]:
        """Field -> its numbers (a tree of them), which a compiled step takes as arguments.

        There ``sample``, ``loss`` and ``metrics`` find arrays in their place, so that tasks that
        differ in nothing else share one compiled step.
        """
        return {}

    def at(self, progress: Any) -> "TaskParameters":
        """The task from which a batch is drawn when the share ``progress`` of the training is done.

        ``progress`` is an array in [0, 1]; a task that changes along the training overrides this.
        """
        return self

    @property
    def module(self) -> str:
        """The dotted name of the module that holds the task's functions."""
        return f"{_package(self)}.tasks.{self.name}"


class ModelParameters(Strict):
    """Parameters of a model; a paper's ``spec.py`` extends it, with a literal ``name``.

    The module of that name in the paper's room ``models`` offers ``build(spec, task, key, dtype) ->
    nnx.Module`` (trained tensors are ``nnx.Param``) whose ``__call__(x)`` gives the outputs, and
    ``views(module) -> {name: array}``, the weights as figures show them.
    """

    name: str

    @property
    def at_once(self) -> int | None:
        """Examples whose activations the cache of a CPU core holds, if batches have more.

        Where it divides the batch, a training there adds up the gradients of so many at a time,
        which is the same but for rounding where the task's loss is a mean over examples.
        """
        return None

    @property
    def module(self) -> str:
        """The dotted name of the module that holds the model's functions."""
        return f"{_package(self)}.models.{self.name}"

    def check_task(self, task: TaskParameters) -> None:
        """Raise ValueError where the model cannot serve ``task``."""


def _package(spec: Strict) -> str:
    return type(spec).__module__.rpartition(".")[0]
