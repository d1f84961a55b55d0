"""Parameters of in-context regression and of the transformers that learn it.

A class of functions is a distribution over functions; a task mixes classes by weights, one class
per sequence (Yadlowsky et al. 2023; Garg et al. 2022; Müller et al. 2024).
"""

import math
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from reprise.specs.base import ModelParameters, Name, Strict, TaskParameters
from reprise.specs.errors import check_heads, suggest

Share = Annotated[float, Field(ge=0, le=1)]

_ROUNDING = 1e-9
"""Weights that sum to 1 within this much do sum to 1."""


class Law(Strict):
    """The distribution of one number; exactly one field is set."""

    # Lists count as tuples: once a validator has looked at a class, JSON's lists arrive as such.
    fixed: float | None = None
    uniform: Annotated[tuple[float, float], Field(strict=False)] | None = None
    """Lower and upper end."""
    normal: Annotated[tuple[float, PositiveFloat], Field(strict=False)] | None = None
    """Mean and standard deviation."""
    lognormal: Annotated[tuple[PositiveFloat, PositiveFloat], Field(strict=False)] | None = None
    """Median, and standard deviation of the logarithm."""
    grid: (
        Annotated[tuple[float, float, Annotated[int, Field(ge=2)]], Field(strict=False)] | None
    ) = None
    """First and last value, and the number of equispaced, equally likely values."""

    @model_validator(mode="after")
    def _one_form(self) -> "Law":
        forms = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(forms) != 1:
            known = ", ".join(type(self).model_fields)
            raise ValueError(f"set exactly one of {known}, got {' and '.join(forms) or 'none'}")
        ends = self.uniform or self.grid
        if ends is not None and ends[0] >= ends[1]:
            raise ValueError(f"{forms[0]} must rise from its first to its last value, got {ends}")
        return self


class Ramp(Strict):
    """A number along a training: ``first``, from ``begin`` to ``end`` linearly to ``last``."""

    first: NonNegativeFloat
    last: NonNegativeFloat
    begin: Share
    """The share of the training's steps after which it begins to change."""
    end: Share

    def at(self, progress: Any) -> Any:
        """Its value, at arrays ``progress`` in [0, 1]."""
        share = ((progress - self.begin) / (self.end - self.begin)).clip(0, 1)
        return self.first + (self.last - self.first) * share

    @model_validator(mode="after")
    def _rises(self) -> "Ramp":
        if self.begin >= self.end:
            raise ValueError(f"begin must be less than end={self.end}, got {self.begin}")
        return self


class Dense(Strict):
    """Linear functions of all inputs, weights N(0, 1 / dims)."""

    kind: Literal["dense"]


class Sparse(Strict):
    """Linear functions of ``nonzeros`` inputs, a uniform support, E f(x)^2 = 1."""

    kind: Literal["sparse"]
    nonzeros: PositiveInt
    power: NonNegativeFloat | Ramp = 1.0
    """Nonzero weights are sign(z) |z|^power of standard normal z, scaled: 1 is normal, 0 is +-1.
    With a ramp only training follows it; functions are evaluated at its end."""

    def at(self, progress: Any) -> "Sparse":
        """The class when the share ``progress`` of the training is done."""
        power = self.power.at(progress) if isinstance(self.power, Ramp) else self.power
        return self.model_copy(update={"power": power})


class Line(Strict):
    """Slope times x, plus an intercept; one-dimensional."""

    kind: Literal["line"] = "line"
    slope: Law = Law(normal=(0.0, 1.0))
    intercept: Law = Law(fixed=0.0)


class Sine(Strict):
    """amplitude * sin(frequency * x + phase) + offset, in radians; one-dimensional."""

    kind: Literal["sine"] = "sine"
    amplitude: Law = Law(fixed=1.0)
    frequency: Law = Law(uniform=(1.0, 5.0))
    phase: Law = Law(uniform=(0.0, 2 * math.pi))
    offset: Law = Law(fixed=0.0)


class Convex(Strict):
    """alpha * line + (1 - alpha) * sine of independent draws; one-dimensional."""

    kind: Literal["convex"]
    alpha: Law
    line: Line = Line()
    sine: Sine = Sine()


class Relu(Strict):
    """Two-layer ReLU networks: hidden weights N(0, 1), outer ones N(0, 2 / hidden)."""

    kind: Literal["relu"]
    hidden: PositiveInt = 100


_Kinds = Dense | Sparse | Line | Sine | Convex | Relu
_BY_KIND = {get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(_Kinds)}
ONE_DIMENSIONAL = (Line, Sine, Convex)


def _known(value: Any) -> Any:
    """Name the nearest kind and field, which the union by itself cannot."""
    if isinstance(value, dict):
        kind = value.get("kind")
        if kind not in _BY_KIND:
            raise ValueError(f"kind {kind!r} does not exist{suggest(kind, _BY_KIND)}")
        fields = _BY_KIND[kind].model_fields
        for name in value.keys() - fields.keys():
            raise ValueError(f"{kind} has no field {name!r}{suggest(name, fields)}")
    return value


FunctionClass = Annotated[_Kinds, Field(discriminator="kind"), BeforeValidator(_known)]


class Mixture(TaskParameters):
    """What tasks on mixtures of function classes share: classes, weights, inputs and noise."""

    classes: dict[Name, FunctionClass] = Field(min_length=1)
    """Label -> class; metrics carry the labels."""
    weights: dict[Name, Share | None]
    """Label -> probability that a sequence is of the class; None for one: what the others leave."""
    inputs: Law = Law(normal=(0.0, 1.0))
    """Every coordinate of every input."""
    noise: NonNegativeFloat = 0.0
    """Standard deviation of the Gaussian noise on labels."""
    batch_size: PositiveInt
    test_size: PositiveInt = 256
    """Fixed test sequences of each class, whatever its weight."""

    def __hash__(self) -> int:
        """So that a task may be a static argument of compiled functions."""
        return hash(self.model_dump_json())

    @property
    def shares(self) -> tuple[float, ...]:
        """The weights in the order of ``classes``, None replaced; they sum to 1."""
        given = sum(weight for weight in self.weights.values() if weight is not None)
        found = (self.weights[label] for label in self.classes)
        return tuple(max(0.0, 1.0 - given) if weight is None else weight for weight in found)

    @model_validator(mode="after")
    def _weights_fit(self) -> "Mixture":
        for label in self.weights:
            if label not in self.classes:
                raise ValueError(f"weights: no class {label!r}{suggest(label, self.classes)}")
        missing = [label for label in self.classes if label not in self.weights]
        if missing:
            raise ValueError(f"weights: the class {missing[0]!r} has no weight")
        given = [weight for weight in self.weights.values() if weight is not None]
        total = math.fsum(given)
        open_ = len(self.weights) - len(given)
        if open_ > 1:
            raise ValueError("weights: at most one class may have the weight null")
        if total > 1 + _ROUNDING or (not open_ and total < 1 - _ROUNDING):
            listed = ", ".join(f"{label}: {weight}" for label, weight in self.weights.items())
            raise ValueError(f"weights must sum to 1, got {total:.6g} ({listed})")
        return self


class Opening(Strict):
    """The beginning of a training, in which all sequences are of one class."""

    label: Name
    until: Share
    """The share of the training's steps at which it ends."""


class FunctionMixture(Mixture):
    """Sequences x1, f(x1), x2, f(x2), ... with f of one class per sequence, squared error."""

    name: Literal["function_mixture"]
    dims: PositiveInt
    pairs: PositiveInt
    """(x, y) pairs per sequence; the last has ``pairs`` - 1 examples before it."""
    scale: Literal["unit", "garg"] = "unit"
    """unit: E f(x)^2 = 1 for standard normal x; garg: weights N(0, 1), so E f(x)^2 = nonzeros."""
    active_dims: PositiveInt | None = None
    """Inputs beyond are zero and sparse supports lie within (a curriculum's stage); None: all."""
    opening: Opening | None = None
    """None: all classes from the first step on."""

    __hash__ = Mixture.__hash__

    @property
    def arguments(self) -> dict[str, Any]:
        """The weights, None replaced: networks of one figure differ in them alone."""
        return {"weights": dict(zip(self.classes, self.shares, strict=True))}

    def at(self, progress: Any) -> "FunctionMixture":
        """The mixture when the share ``progress`` of the training is done."""
        classes = {
            label: function.at(progress) if isinstance(function, Sparse) else function
            for label, function in self.classes.items()
        }
        changed: dict[str, Any] = {"classes": classes}
        if self.opening is not None:
            late = 1.0 * (progress >= self.opening.until)
            changed["weights"] = {
                label: late * share + (1.0 - late) * (label == self.opening.label)
                for label, share in zip(classes, self.shares, strict=True)
            }
        return self.model_copy(update=changed)

    @model_validator(mode="after")
    def _opening_fits(self) -> "FunctionMixture":
        if self.opening is not None and self.opening.label not in self.classes:
            raise ValueError(
                f"opening.label: no class {self.opening.label!r}"
                f"{suggest(self.opening.label, self.classes)}"
            )
        return self

    @model_validator(mode="after")
    def _dims_fit(self) -> "FunctionMixture":
        if self.active_dims is not None and self.active_dims > self.dims:
            raise ValueError(
                f"active_dims must be at most dims={self.dims}, got {self.active_dims}"
            )
        for label, function in self.classes.items():
            if isinstance(function, ONE_DIMENSIONAL) and self.dims != 1:
                raise ValueError(
                    f"dims must be 1 for the class {label!r} of kind {function.kind}, "
                    f"got {self.dims}"
                )
            if isinstance(function, Sparse) and function.nonzeros > self.dims:
                raise ValueError(
                    f"classes.{label}.nonzeros must be at most dims={self.dims}, "
                    f"got {function.nonzeros}"
                )
        return self


class PfnRegression(Mixture):
    """Predict queries from a set of points; one-dimensional (Müller et al. 2024)."""

    name: Literal["pfn_regression"]
    points: Annotated[int, Field(ge=2)]
    """The size of a context is uniform in 0..points - 1, one draw per sequence."""
    queries: PositiveInt
    """Queries per sequence; their labels are noisy, too."""
    output: Literal["histogram", "mean"] = "histogram"
    """histogram: a density on ``bins`` intervals, negative log-likelihood; mean: squared error."""
    bins: Annotated[int, Field(ge=4)] = 1000

    __hash__ = Mixture.__hash__

    @model_validator(mode="after")
    def _one_dimensional(self) -> "PfnRegression":
        for label, function in self.classes.items():
            if not isinstance(function, ONE_DIMENSIONAL):
                raise ValueError(
                    f"classes.{label}.kind must be line, sine or convex, got {function.kind}"
                )
        return self


class _Transformer(ModelParameters):
    layers: PositiveInt
    heads: PositiveInt
    width: PositiveInt
    mlp_ratio: PositiveInt = 4
    """Hidden features of a block's MLP over ``width``."""
    initial: Literal["gpt2", "lecun"] = "gpt2"
    """Deviation of initial weights: 0.02, and 0.02 / sqrt(2 layers) into the residual stream
    (gpt2); or 1 / sqrt(inputs), which does not depend on the width having GPT-2's size (lecun)."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "_Transformer":
        check_heads(self.heads, self.width)
        return self


class CausalTransformer(_Transformer):
    """GPT-2 style decoder on x1, y1, x2, y2, ... (Garg et al. 2022; Yadlowsky et al. 2023)."""

    name: Literal["causal_transformer"]
    positions: PositiveInt | None = None
    """Learned positions; None: two per pair of the task. Shorter sequences use the first ones."""

    @property
    def at_once(self) -> int:
        """Sequences that a CPU takes at a time (measured at widths of 64)."""
        return 16

    def check_task(self, task: TaskParameters) -> None:
        """Raise ValueError where there are fewer positions than tokens."""
        tokens = 2 * getattr(task, "pairs", 0)
        if self.positions is not None and self.positions < tokens:
            raise ValueError(
                f"model.positions must be at least 2 * pairs = {tokens}, got {self.positions}"
            )


class PFNEncoder(_Transformer):
    """Encoder whose queries attend to context points only (Müller et al. 2024)."""

    name: Literal["pfn_encoder"]


Task = Annotated[FunctionMixture | PfnRegression, Field(discriminator="name")]
Model = Annotated[CausalTransformer | PFNEncoder, Field(discriminator="name")]
