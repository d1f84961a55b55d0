"""What the pages of the report show, as plain values."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from reprise.plotting.blocks import Block
from reprise.records.record import Record
from reprise.records.state import Name, State
from reprise.records.tree import commit_words, made_on
from reprise.specs.claims import (
    CONTRADICTED,
    INCONCLUSIVE,
    KINDS,
    NOT_TESTED,
    PARTLY,
    REPRODUCED,
    VERDICTS,
)

if TYPE_CHECKING:
    import pandas as pd

FINDING = KINDS[0]
"""The kind of claim that counts as the paper's."""
KIND_TITLES = {
    FINDING: "Findings of the papers",
    "critique": "Published critiques",
    "control": "Our controls",
    "derivation": "Derivations (no trained network)",
}
"""Kind of claim -> its heading."""
STATES: tuple[str, ...] = get_args(Name)
"""Every possible state of a result."""
SHOWN_FIRST = (CONTRADICTED, INCONCLUSIVE, PARTLY, NOT_TESTED, REPRODUCED)
"""Verdicts in the order in which readers meet them."""


@dataclass(frozen=True)
class VerdictRow:
    """One judged claim; the fields are the columns of ``verdicts.csv``."""

    paper: str
    claim: str
    kind: str
    figure: str
    statement: str
    gate: str
    """``name: met`` or ``name: not met``; empty where the claim has none."""
    statistic: float
    low: float
    high: float
    """Ends of the 95 % interval; NaN where there is none."""
    networks: str
    """``3 of 4 seeds``: so many meet it on their own; ``one network``; empty for a derivation."""
    threshold: str
    threshold_source: str
    paper_value: str
    calibration: str
    other_rounding: str
    """The verdict of a tree made with other rounding; empty where there is none."""
    verdict: str
    reason: str
    """Why it is not tested, or what differs with other rounding."""
    scale: str

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"claim {self.claim}: {self.verdict!r} is none of {VERDICTS}")


@dataclass(frozen=True)
class Step:
    """One node of a lineage."""

    id: str
    kind: str
    state: State
    inputs: tuple[str, ...]
    """Ids of the nodes that it was made from."""
    fingerprint: str
    record: Record | None
    spec: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    """Parameters that are not those of ``paper.yaml`` at this scale."""

    @property
    def seconds(self) -> float | None:
        """Wall time of making it; None where nothing says so."""
        taken = self.record.execution["wall_s"] if self.record else math.nan
        return taken if math.isfinite(taken) else None

    @property
    def processor(self) -> str:
        """What computed it; empty where nothing says so."""
        return made_on(self.record) if self.record else ""

    @property
    def commit(self) -> str:
        """Which commit made it; empty where it has no record."""
        known = self.record.commit if self.record else None
        return commit_words(known.get("sha"), known.get("dirty")) if known is not None else ""

    def as_json(self) -> dict[str, Any]:
        """Everything, its record included."""
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state.name,
            "reasons": list(self.state.reasons),
            "inputs": list(self.inputs),
            "seeds": list(self.seeds),
            "changed": list(self.changed),
            "seconds": self.seconds,
            "processor": self.processor,
            "record": vars(self.record) if self.record else None,
        }


@dataclass(frozen=True)
class FigureEntry:
    """One figure with everything that is told about it."""

    name: str
    title: str
    caption: str
    source: str
    """Figure and section of the paper."""
    size: tuple[int, int] | None
    """Width and height in CSS pixels, so that the page does not jump while pictures load."""
    state: str
    footer: str
    """Scale, seeds, numerics: the line below the picture."""
    tables: tuple[str, ...]
    code: tuple[str, ...]
    """Files of the paper that draw it and make its tables: ``figures/fig4.py``."""
    reasons: tuple[str, ...] = ()
    lineage: tuple[Step, ...] = ()
    """From data sets and runs to the figure, inputs before what is made from them."""
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"figure {self.name}: {self.state!r} is none of {STATES}")


@dataclass(frozen=True)
class Deviation:
    """A setting in which the replication differs from the paper."""

    setting: str
    paper: str
    ours: str
    why: str


@dataclass(frozen=True)
class Cost:
    """What making the results of a paper took, by their records."""

    jobs: int = 0
    trainings: int = 0
    seconds: float = 0.0
    """Wall time of all jobs, one after the other."""
    processors: tuple[str, ...] = ()


@dataclass(frozen=True)
class PaperEntry:
    """One replicated paper."""

    key: str
    title: str
    authors: str
    year: int
    link: str
    abstract: str
    verdicts: tuple[VerdictRow, ...] = ()
    figures: tuple[FigureEntry, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Claim -> how its criterion was changed after results had been judged by it."""
    code: Mapping[str, str] = field(default_factory=dict)
    """File below the paper's folder -> its text, of all files that the figures name."""
    cost: Cost = Cost()

    @property
    def dropped(self) -> tuple[str, ...]:
        """Claims that were removed after they had been judged."""
        return tuple(name for name in self.changed if name not in {v.claim for v in self.verdicts})

    @property
    def counts(self) -> dict[str, int]:
        """Verdict -> number of the paper's findings, for every verdict."""
        return count(of_kind(self.verdicts, FINDING))

    def claims_of(self, figure: str) -> tuple[VerdictRow, ...]:
        """The claims that are read off ``figure``, what failed first."""
        return shown_first(row for row in self.verdicts if row.figure == figure)

    def findings_of(self, figure: str) -> list[VerdictRow]:
        """Those of its claims that the paper makes."""
        return of_kind(self.claims_of(figure), FINDING)


@dataclass(frozen=True)
class ReportModel:
    """Everything that the pages show."""

    title: str
    scale: str
    papers: tuple[PaperEntry, ...]
    root: str = ".."
    """The result tree, relative to the folder of the pages."""

    @property
    def counts(self) -> dict[str, int]:
        """Verdict -> number of findings of all papers, for every verdict."""
        return self.by_kind[FINDING]

    @property
    def by_kind(self) -> dict[str, dict[str, int]]:
        """Kind of claim -> verdict -> number of claims over all papers."""
        return {kind: count(self.claims(kind)) for kind in KINDS}

    def claims(self, kind: str) -> tuple[VerdictRow, ...]:
        """The claims of one kind over all papers, what failed first."""
        return shown_first(row for paper in self.papers for row in of_kind(paper.verdicts, kind))


def agreement(rows: Iterable[VerdictRow]) -> tuple[int, int]:
    """How many verdicts are the same with other rounding, of how many judged both times."""
    both = [row for row in rows if row.other_rounding]
    # Where they differ, the row says so instead of its own verdict.
    return sum(row.other_rounding.startswith(row.verdict + " (") for row in both), len(both)


def of_kind(rows: Iterable[VerdictRow], kind: str) -> list[VerdictRow]:
    """The claims of one kind."""
    return [row for row in rows if row.kind == kind]


def count(rows: Sequence[VerdictRow]) -> dict[str, int]:
    """Verdict -> number of rows, for every verdict, best first."""
    found = Counter(row.verdict for row in rows)
    return {verdict: found[verdict] for verdict in VERDICTS}


def verdict_rows(frame: "pd.DataFrame") -> tuple[VerdictRow, ...]:
    """One row per line of ``verdicts.csv``, in its order; empty cells become empty texts.

    Raises:
        ValueError: a column is missing, or a verdict is none of ``VERDICTS``.
    """
    types = get_type_hints(VerdictRow)
    names = [field.name for field in fields(VerdictRow)]
    if missing := [name for name in names if name not in frame.columns]:
        raise ValueError(f"the verdict table lacks the columns {', '.join(missing)}")
    return tuple(
        VerdictRow(**{name: _cell(record[name], types[name]) for name in names})
        for record in frame[names].to_dict("records")
    )


def _cell(value: Any, kind: type) -> Any:
    if kind is float:
        return float("nan") if value == "" else float(value)
    if isinstance(value, float):
        # A column of numbers with empty cells was read as floats: 80 must not become 80.0.
        return "" if value != value else f"{value:.12g}"
    return "" if value is None else str(value)


def shown_first(rows: Iterable[VerdictRow]) -> tuple[VerdictRow, ...]:
    """``rows`` by verdict, what failed first; else in their order."""
    return tuple(sorted(rows, key=lambda row: SHOWN_FIRST.index(row.verdict)))


def in_a_sentence(rows: Sequence[VerdictRow]) -> str:
    """The findings ``rows``, of which the first failed if any did, and their verdicts in words."""
    if not rows:
        return "No finding of the paper is judged on this figure."
    first = rows[0]
    networks = f" ({first.networks})" if first.networks else ""
    told = f"{first.verdict.capitalize()}{networks}: {first.statement}"
    if len(rows) == 1:
        return told
    counts = count(rows)
    if counts[first.verdict] == len(rows):
        return f"All {len(rows)} findings of the paper are {first.verdict}."
    numbers = ", ".join(f"{number} {verdict}" for verdict, number in counts.items() if number)
    return f"Of {len(rows)} findings of the paper: {numbers}. {told}"


def paper_order(names: Iterable[str]) -> list[str]:
    """Names of figures by the paper's numbers: ``F2`` before ``F10``, ``F7b`` after ``F7``.

    Names that begin alike stay together, where the first of them stands.
    """
    parts = {name: re.match(r"(\D*)(\d*)(.*)", name) for name in names}
    keys = {name: found.groups() if found else (name, "", "") for name, found in parts.items()}
    begins = list(dict.fromkeys(begin for begin, _, _ in keys.values()))

    def place(name: str) -> tuple[int, int, str]:
        begin, number, rest = keys[name]
        return begins.index(begin), int(number or 0), rest

    return sorted(keys, key=place)
