"""The shapes of ``paper.yaml`` (datasets, runs, tables and figures) and of ``columns.yaml``.

The latter says what every column of a table holds, in which unit: that of a paper for its own, the
one in ``papers/shared`` for those in common. A table may use a name in a sense of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StringConstraints, create_model, model_validator

from reprise.specs.base import Name, Strict
from reprise.specs.errors import suggest
from reprise.specs.runs import RunSpec, Scalar, run_spec

Scale = Literal["smoke", "cpu", "night", "gpu", "paper"]
SCALES: tuple[Scale, ...] = get_args(Scale)

Entry = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_.]*:[a-z_][a-z0-9_]*$")]
"""``module:function`` of the paper, e.g. ``tables.main:accuracy``, or of ``shared.<module>``."""

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.csv$")]

Sources = dict[Name, str | None]
"""Local files or folders by name; null: not given. Their digests are part of the fingerprint."""

Params = dict[str, Scalar | list[Scalar] | list[list[Scalar]] | None]


class DatasetSpec(Strict):
    """Data made once and shared by all that is compared: ``entry(params, seed) -> {name: array}``.

    One that is derived from other ``datasets`` (what a pretrained model answers to prompts, say) is
    ``entry(inputs)``, as tables are.
    """

    entry: Entry
    seed: int = 0
    params: Params = Field(default_factory=dict)
    datasets: tuple[Name, ...] | None = None
    sources: Sources | None = None


class TableSpec(Strict):
    """A tidy data frame, ``entry(inputs)``, made from runs, datasets, tables and references."""

    entry: Entry
    runs: tuple[Name, ...] = ()
    datasets: tuple[Name, ...] = ()
    tables: tuple[Name, ...] = ()
    reference: tuple[Reference, ...] = ()
    """CSV files of the paper's ``reference/`` folder."""
    params: Params = Field(default_factory=dict)
    tolerance: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    """Column -> the relative difference that another processor may make of it, if not 1e-6."""


class FigureSpec(Strict):
    """A picture made by ``entry(tables) -> Figure``."""

    entry: Entry
    title: str
    source: str
    """Figure and section of the paper."""
    caption: str
    tables: tuple[Name, ...] = Field(min_length=1)


class Headline(Strict):
    """A claim that the README shows of a paper."""

    claim: Name
    says: str
    """What the paper or its critics say, in plain words; true whatever the verdict is."""
    measure: str
    """What the number of the claim is."""


class Headlines(Strict):
    """What pages show first: ``first`` and ``critics`` in the README, the rest on the own page."""

    first: Headline | None = None
    critics: Headline | None = None
    claims: tuple[Name, ...] = ()
    figures: tuple[Name, ...] = ()

    @property
    def of_readme(self) -> list[Headline]:
        """Those of ``first`` and ``critics`` that there are."""
        return [shown for shown in (self.first, self.critics) if shown]


class PaperSpec(Strict):
    """All nodes of one paper, resolved for one scale."""

    key: Name
    title: str
    authors: str
    year: int
    link: str
    abstract: str
    order: int = 0
    headlines: Headlines = Headlines()
    datasets: dict[Name, DatasetSpec] = Field(default_factory=dict)
    runs: dict[Name, RunSpec] = Field(default_factory=dict)
    tables: dict[Name, TableSpec]
    figures: dict[Name, FigureSpec]

    @model_validator(mode="after")
    def _references_exist(self) -> "PaperSpec":
        for name, table in self.tables.items():
            for kind in ("runs", "datasets", "tables"):
                _known(f"tables.{name}.{kind}", getattr(table, kind), getattr(self, kind))
        for name, dataset in self.datasets.items():
            _known(f"datasets.{name}.datasets", dataset.datasets or (), self.datasets)
        for name, figure in self.figures.items():
            _known(f"figures.{name}.tables", figure.tables, self.tables)
        _known("headlines.figures", self.headlines.figures, self.figures)
        return self


@cache
def paper_spec(key: str) -> type[PaperSpec]:
    """``PaperSpec`` whose runs are those of the paper ``key`` (``runs.run_spec``)."""
    runs: Any = dict[Name, run_spec(key)]  # type: ignore[misc]
    return create_model("PaperSpec", __base__=PaperSpec, runs=(runs, Field(default_factory=dict)))


def _known(path: str, names: tuple[str, ...], known: dict[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{path} names {name!r}, which does not exist{suggest(name, known)}")


Unit = Literal[
    "text",
    "true or false",
    "index",
    "count",
    "steps",
    "1",
    "fraction",
    "%",
    "points",
    "nats",
    "radians",
    "degrees",
    "of quantity",
]
"""``index`` numbers things, ``1`` has no dimension, a ``fraction`` lies in 0 to 1, ``points`` are
percentage points, ``of quantity`` is said by the meaning of the row's quantity."""

ColumnName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*#?$")]
"""A column, or numbered ones: ``neuron_#`` stands for ``neuron_0``, ``neuron_1``, ..."""

Meaning = Annotated[str, StringConstraints(min_length=5)]


class Column(Strict):
    """What a column holds."""

    unit: Unit
    meaning: Meaning
    values: dict[str, Meaning] | None = None
    """For a column of names: name -> what it stands for; ``*`` in a name stands for any text."""


class Columns(Strict):
    """The columns of one paper, or those that papers share."""

    columns: dict[ColumnName, Column] = Field(default_factory=dict)
    tables: dict[Name, dict[ColumnName, Column]] = Field(default_factory=dict)
    """Table -> columns that mean something else there."""


@dataclass(frozen=True)
class Dictionary:
    """What every column of a paper's tables holds: its own file before the shared one."""

    files: Sequence[Columns]

    def column(self, table: str, name: str) -> Column | None:
        """What the column ``name`` of ``table`` holds; None where nothing says it."""
        numbered = re.sub(r"\d+$", "#", name)
        for file in self.files:
            for known in (file.tables.get(table, {}), file.columns):
                for key in (name, numbered):
                    if key in known:
                        return known[key]
        return None

    def faults(self, table: str, frame: Any) -> Iterator[str]:
        """Columns of a data ``frame`` that have no meaning, and names in them that have none."""
        for name in frame.columns:
            known = self.column(table, name)
            if known is None:
                yield f"tables.{table}: the column {name!r} has no meaning and no unit"
            elif known.values is not None:
                for value in map(str, frame[name].dropna().unique()):
                    if not any(fnmatchcase(value, pattern) for pattern in known.values):
                        yield f"tables.{table}: {name} {value!r} has no meaning"
