"""The shape of ``claims.yaml``: statements about a paper, each with the criterion that decides."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from reprise.specs.base import Name, Strict
from reprise.specs.errors import suggest
from reprise.specs.paper import SCALES, Scale
from reprise.specs.runs import Scalar

Statistic = Literal["value", "median", "mean", "geometric_mean", "min", "max", "count", "share"]
Kind = Literal["finding", "critique", "control", "derivation"]
KINDS: tuple[str, ...] = get_args(Kind)
"""A finding of the paper, one of its published critics, a control of ours, or a derivation: a
closed form or our own code, without a trained network. Only findings count as the paper's."""
REPRODUCED, PARTLY, INCONCLUSIVE = "reproduced", "partly", "inconclusive"
CONTRADICTED, NOT_TESTED = "contradicted", "not tested"

VERDICTS = (REPRODUCED, PARTLY, INCONCLUSIVE, CONTRADICTED, NOT_TESTED)
"""Every possible verdict, best first."""

OTHERWISE = "with other rounding"
"""How the reason ends of a verdict that other rounding has turned."""

SLUG = dict(zip(VERDICTS, ("yes", "partly", "open", "no", "untested"), strict=True))
"""Verdict -> the name of its colour and icon."""

SYMBOL = dict(zip(VERDICTS, ("✓", "◐", "?", "✗", "–"), strict=True))
"""Verdict -> a character that differs in shape, for plain text."""

TASK = "task"
"""What ``over`` says where one network, or as many as the column ``networks`` tells, does several
tasks: then rows are tasks."""

_OVER = ("mean", "geometric_mean", "share")
_DECISIVE = ("criterion", "partly", "gate")


class Criterion(Strict):
    """A statistic of one table and the bounds it has to meet.

    The rows of ``table`` that match ``where`` are reduced by ``statistic`` of ``column``:
    ``value`` (exactly one row), ``median``, ``mean``, ``geometric_mean``, ``min``, ``max``,
    ``count``, or ``share`` (fraction of rows whose ``column`` is true). Intervals are 95 %:
    exact for a share, the columns ``low`` and ``high``, where present, for a ``value`` (whose
    column ``networks`` says on how many it was measured), a bootstrap over rows for ``mean`` and
    ``median``. With ``over``, every row is a network of its
    own, and the interval is over networks (``reprise.stats.intervals.networks_interval``).
    """

    table: Name
    where: dict[str, Scalar] = Field(default_factory=dict)
    column: str = "value"
    statistic: Statistic = "value"
    over: Name | None = None
    """The column that tells networks apart, such as ``seed``, or ``task``: each has one row."""
    min_networks: Annotated[int, Field(ge=1)] | None = None
    """With fewer networks the claim is not tested."""
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Criterion":
        if self.at_least is None and self.at_most is None:
            raise ValueError("set at_least, at_most, or both")
        if self.over is not None and self.statistic not in _OVER:
            raise ValueError(f"'over' needs a statistic of {', '.join(_OVER)}")
        if self.min_networks is not None and self.over is None:
            raise ValueError("'min_networks' needs 'over', which says what tells networks apart")
        return self


class Threshold(Strict):
    """Where the bounds of a claim come from."""

    source: Literal["paper", "released data", "theory", "ours"]
    why: str
    """In a sentence; a bound moved, or a setting chosen, after an outcome was seen says so here."""


class Claim(Strict):
    """One statement, in our words."""

    figure: Name
    kind: Kind = "finding"
    statement: str
    """Stands alone: says what was measured, on what, in which unit."""
    source: str
    """Where the paper, or its critic, says so."""
    criterion: Criterion
    partly: Criterion | None = None
    """A weaker criterion: met where ``criterion`` is not gives the verdict ``partly``."""
    gate: str | None = None
    """Name of the gate that has to be met before the claim is judged."""
    paper_value: float | str | None = None
    """What the paper or its released data print; nothing that we measured."""
    calibration: str | None = None
    """What we had measured when the threshold was set."""
    scales: Annotated[tuple[Scale, ...], Field(min_length=1)] = SCALES[1:]
    """Where the claim can be judged."""
    not_tested: str | None = None
    """Why it is not judged at the other scales."""
    threshold: Threshold


class Gate(Strict):
    """A precondition: the network really learned its task."""

    statement: str
    criterion: Criterion


class Claims(Strict):
    """All claims and gates of one paper."""

    gates: dict[Name, Gate] = Field(default_factory=dict)
    claims: dict[Name, Claim]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are judged, each once."""
        judged = [
            c.table for claim in self.claims.values() for c in (claim.criterion, claim.partly) if c
        ]
        judged += [gate.criterion.table for gate in self.gates.values()]
        return tuple(dict.fromkeys(judged))

    @model_validator(mode="after")
    def _gates_exist(self) -> "Claims":
        for name, claim in self.claims.items():
            if claim.gate is not None and claim.gate not in self.gates:
                raise ValueError(
                    f"claims.{name}.gate names {claim.gate!r}, which does not exist"
                    f"{suggest(claim.gate, self.gates)}"
                )
        return self

    @model_validator(mode="after")
    def _each_once(self) -> "Claims":
        first: dict[str, str] = {}
        for name, claim in self.claims.items():
            same = first.setdefault(repr(claim.criterion), name)
            if same != name:
                raise ValueError(f"claims.{name} is judged exactly as claims.{same} is: drop one")
        return self


def rules(spec: Mapping[str, Any], scale: str) -> dict[str, dict[str, Any]]:
    """Claim -> all that decides its verdict at ``scale``, its gate's criterion included.

    ``spec`` holds claims and gates as a record has them, which may be of an earlier shape.
    """
    gates = spec.get("gates", {})
    found = {}
    for name, claim in spec.get("claims", {}).items():
        own = {field: claim[field] for field in _DECISIVE if field in claim}
        if "gate" in own:
            own["gate"] = {own["gate"]: gates.get(own["gate"], {}).get("criterion")}
        if "scales" in claim:
            own["judged"] = scale in claim["scales"]
        found[name] = own
    return found
