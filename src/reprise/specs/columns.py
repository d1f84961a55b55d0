"""The shape of ``columns.yaml``: what every column of a table holds, and in which unit.

The file of a paper says it of its own columns, the one in ``papers/shared`` of those that papers
have in common; a table that uses a name in a sense of its own says so under ``tables``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from reprise.specs.base import Name, Strict

if TYPE_CHECKING:
    import pandas as pd

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

    def faults(self, table: str, frame: "pd.DataFrame") -> Iterator[str]:
        """Columns of ``frame`` that have no meaning, and names in them that have none."""
        for name in frame.columns:
            known = self.column(table, name)
            if known is None:
                yield f"tables.{table}: the column {name!r} has no meaning and no unit"
            elif known.values is not None:
                for value in map(str, frame[name].dropna().unique()):
                    if not any(fnmatchcase(value, pattern) for pattern in known.values):
                        yield f"tables.{table}: {name} {value!r} has no meaning"
