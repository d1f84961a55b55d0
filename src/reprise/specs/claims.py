"""The shape of ``claims.yaml``: statements of a paper with criteria written before the run."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from reprise.specs.base import Name, Strict
from reprise.specs.errors import suggest
from reprise.specs.paper import Scale
from reprise.specs.runs import Scalar

Statistic = Literal["value", "median", "mean", "min", "max", "count", "share"]


class Criterion(Strict):
    """A statistic of one table and the bounds it has to meet.

    The rows of ``table`` that match ``where`` are reduced by ``statistic`` of ``column``:
    ``value`` (exactly one row), ``median``, ``mean``, ``min``, ``max``, ``count``, or ``share``
    (fraction of rows whose ``column`` is true, with the exact binomial interval). ``median`` and
    ``mean`` over two or more rows carry a 95 % bootstrap interval; ``low`` and ``high`` columns,
    where present, are the interval of a ``value``.
    """

    table: Name
    where: dict[str, Scalar] = Field(default_factory=dict)
    column: str = "value"
    statistic: Statistic = "value"
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "Criterion":
        if self.at_least is None and self.at_most is None:
            raise ValueError("set at_least, at_most, or both")
        return self


class Claim(Strict):
    """One statement of the paper, in our words."""

    figure: Name
    statement: str
    source: str
    criterion: Criterion
    partly: Criterion | None = None
    """A weaker criterion: met where ``criterion`` is not gives the verdict ``partly``."""
    gate: str | None = None
    """Name of the gate that has to be met before the claim is judged."""
    paper_value: float | str | None = None
    scales: Annotated[tuple[Scale, ...], Field(min_length=1)] = ("cpu", "gpu", "paper")
    """Where the claim can be judged; elsewhere the verdict is ``not tested at this scale``."""
    not_tested: str | None = None
    """Why it is not judged at the other scales."""
    threshold_source: str = "set beforehand, from the published numbers"
    """Where the threshold comes from; a threshold moved later says why here."""


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
