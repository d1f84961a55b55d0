"""What the pages of the report show, as plain values, and how records and outputs fill it.

No clock and no surroundings: equal trees give equal values.
"""

import importlib
import math
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import groupby
from typing import TYPE_CHECKING, Any, get_type_hints

from reprise.graph.closure import module_path, source_root
from reprise.graph.nodes import Node, full_entry
from reprise.plotting.blocks import Block
from reprise.records.changes import noted_changes
from reprise.records.record import Record
from reprise.records.state import State, own_state
from reprise.records.tree import commit_words, made_on
from reprise.report.text import plural
from reprise.specs.claims import (
    CONTRADICTED,
    INCONCLUSIVE,
    KINDS,
    NOT_TESTED,
    OTHERWISE,
    PARTLY,
    REPRODUCED,
    VERDICTS,
)
from reprise.specs.errors import suggest

if TYPE_CHECKING:
    import pandas as pd

    from reprise.jobs.make import Parents

FINDING = KINDS[0]
"""The kind of claim that counts as the paper's."""
KIND_TITLES = {
    FINDING: "Findings of the papers",
    "critique": "Published critiques",
    "control": "Our controls",
    "derivation": "Derivations (no trained network)",
}
"""Kind of claim -> its heading."""
_SHOWN_FIRST = (CONTRADICTED, INCONCLUSIVE, PARTLY, NOT_TESTED, REPRODUCED)
_PX_PER_PT = 4 / 3
_SVG_SIZE = re.compile(rb'<svg[^>]*? width="([0-9.]+)pt" height="([0-9.]+)pt"')


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
    """The verdicts of trees made with other rounding; empty where there is none."""
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

    def claims_of(self, figure: str) -> list[VerdictRow]:
        """The claims that are read off ``figure``, what failed first."""
        return _failed_first(row for row in self.verdicts if row.figure == figure)

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
        return count(self.claims(FINDING))

    def claims(self, kind: str) -> list[VerdictRow]:
        """The claims of one kind over all papers, what failed first."""
        return _failed_first(row for paper in self.papers for row in of_kind(paper.verdicts, kind))


def agreement(rows: Iterable[VerdictRow]) -> tuple[int, int]:
    """How many verdicts are the same with other rounding, of how many judged again."""
    both = [row for row in rows if row.other_rounding]
    # Where they differ the verdict is inconclusive, whatever it was: only the reason tells.
    return sum(not row.reason.endswith(OTHERWISE) for row in both), len(both)


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
        return float(value)
    if isinstance(value, float):
        # A column of numbers with empty cells was read as floats: 80 must not become 80.0.
        return "" if value != value else f"{value:.12g}"
    return str(value)


def _failed_first(rows: Iterable[VerdictRow]) -> list[VerdictRow]:
    return sorted(rows, key=lambda row: _SHOWN_FIRST.index(row.verdict))


def in_a_sentence(rows: Sequence[VerdictRow], every: Sequence[VerdictRow] = ()) -> str:
    """The findings ``rows``, of which the first failed if any did, and their verdicts in words.

    ``every`` are all claims on the figure: where none is a finding, it says what they are.
    """
    if not rows:
        of_kinds = Counter(row.kind for row in every)
        kinds = [plural(number, kind) for kind, number in of_kinds.items()]
        judged = f", only {' and '.join(kinds)}" if kinds else ""
        return f"No finding of the paper is judged on this figure{judged}."
    first = rows[0]
    networks = f" ({first.networks})" if first.networks else ""
    told = f"{first.verdict.capitalize()}{networks}: {first.statement}"
    if len(rows) == 1:
        return told
    counts = count(rows)
    if counts[first.verdict] == len(rows):
        return f"All {len(rows)} findings of the paper are {first.verdict}. {told}"
    numbers = ", ".join(f"{number} {verdict}" for verdict, number in counts.items() if number)
    return f"Of {len(rows)} findings of the paper: {numbers}. {told}"


def paper_order(names: Iterable[str]) -> list[str]:
    """Names of figures by the paper's numbers: ``F2`` before ``F10``, ``F7b`` after ``F7``.

    Names that begin alike stay together, where the first of them stands.
    """
    keys = {name: re.split(r"(\d+)", name, maxsplit=1) for name in names}
    begins = list(dict.fromkeys(begin for begin, *_ in keys.values()))

    def place(name: str) -> tuple[int, int, str]:
        begin, number, rest = [*keys[name], "0", ""][:3]
        return begins.index(begin), int(number), rest

    return sorted(keys, key=place)


# How records and outputs fill it.


def report_model(node: Node, parents: "Parents") -> ReportModel:
    """Everything that the pages of ``node`` show; ``parents`` holds all its ancestors."""
    states = {p.id: own_state(p, parents.tree)[0] for p in parents.nodes}
    papers = tuple(_Paper(facts, node, parents, states).entry() for facts in node.spec["papers"])
    root = posixpath.relpath(f"results/{node.scale}", str(node.folder))
    return ReportModel(title="Reprise", scale=node.scale, papers=papers, root=root)


class _Tables(dict[str, "pd.DataFrame"]):
    def __missing__(self, name: str) -> "pd.DataFrame":
        raise KeyError(f"no figure reads a table {name!r}{suggest(name, self)}")


class _Paper:
    """What the nodes of one paper say."""

    def __init__(
        self, facts: dict[str, Any], report: Node, parents: "Parents", states: dict[str, State]
    ) -> None:
        self.facts, self.key = facts, str(facts["key"])
        self.report, self.parents, self.states = report, parents, states
        self.own = {p.id: p for p in parents.nodes if p.paper == self.key}
        self.records = {name: parents.records[name] for name in self.own}

    def entry(self) -> PaperEntry:
        """Everything that is told of the paper."""
        verdicts = next(p for p in self.own.values() if p.kind == "verdict")
        nodes = {p.name: p for p in self.own.values() if p.kind == "figure"}
        blocks = self._blocks(nodes)
        figures = tuple(self._figure(nodes[n], blocks.get(n, ())) for n in paper_order(nodes))
        paths = sorted({path for figure in figures for path in figure.code})
        return PaperEntry(
            **{name: value for name, value in self.facts.items() if name != "deviations"},
            deviations=tuple(Deviation(*row) for row in self.facts["deviations"]),
            verdicts=verdict_rows(self.parents.csv(verdicts)),
            changed=noted_changes(self.records[verdicts.id]),
            figures=figures,
            code={path: (source_root() / path).read_text(encoding="utf-8") for path in paths},
            cost=Cost(
                jobs=len(self.own),
                trainings=sum(node.kind == "run" for node in self.own.values()),
                seconds=sum(record.execution["wall_s"] for record in self.records.values()),
                processors=tuple(sorted({*map(made_on, self.records.values())} - {""})),
            ),
        )

    def _figure(self, figure: Node, blocks: tuple[Block, ...]) -> FigureEntry:
        wanted, state = {figure.id}, self.states[figure.id]
        for node in reversed(self.own.values()):
            if node.id in wanted:
                wanted.update(node.inputs)
        lineage = [node for node in self.own.values() if node.id in wanted]
        tables = [self.own[name] for name in figure.inputs]
        lost = [text for node in lineage for text in _lost(node, self.records[node.id])]
        return FigureEntry(
            name=figure.name,
            title=figure.about["title"],
            caption=figure.about["caption"],
            source=figure.about["source"],
            size=_size(self.parents.bytes(figure, ".svg")),
            state=state.name,
            reasons=(*state.reasons, *lost),
            footer=figure.spec["footer"],
            tables=tuple(table.name for table in tables),
            code=tuple(dict.fromkeys(map(_file, (figure, *tables)))),
            lineage=tuple(map(self._step, lineage)),
            blocks=blocks,
        )

    def _step(self, node: Node) -> Step:
        made = (self.records[node.id], node.spec, node.seeds, node.files)
        return Step(node.id, node.kind, self.states[node.id], node.inputs, node.fingerprint, *made)

    def _blocks(self, figures: Mapping[str, Node]) -> dict[str, tuple[Block, ...]]:
        """Name of a figure -> its explorable blocks; ValueError for a figure that there is not."""
        entry = self.report.spec["explorables"].get(self.key)
        if entry is None:
            return {}
        module, _, name = entry.partition(":")
        shown = [p for p in self.own.values() if p.kind == "table" and p.id in self.report.inputs]
        tables = _Tables({table.name: self.parents.csv(table) for table in shown})
        found = getattr(importlib.import_module(module), name)(tables)
        for block in found:
            if block.figure not in figures:
                near = suggest(block.figure, figures)
                raise ValueError(f"{entry}: there is no figure {block.figure!r}{near}")
        ordered = sorted(found, key=lambda block: block.figure)
        return {name: tuple(own) for name, own in groupby(ordered, lambda block: block.figure)}


def _file(node: Node) -> str:
    """The file below the sources in which the entry of ``node`` stands."""
    module = full_entry(node.paper, node.spec["entry"]).partition(":")[0]
    path = module_path(source_root(), module)
    if path is None:
        raise LookupError(f"{node.id}: there is no module {module}")
    return path.relative_to(source_root()).as_posix()


def _size(svg: bytes) -> tuple[int, int] | None:
    found = _SVG_SIZE.search(svg[:2000])
    if found is None:
        return None
    width, height = (round(float(side) * _PX_PER_PT) for side in found.groups())
    return width, height


def _lost(node: Node, record: Record) -> tuple[str, ...]:
    """How many networks of a run are behind its numbers, where some left the finite numbers."""
    steps = record.execution.get("failed_at_step", []) if node.kind == "run" else []
    lost = [step for step in steps if step >= 0]
    if not lost:
        return ()
    finite = f"{len(steps) - len(lost)} of {len(steps)} networks of {node.name} stayed finite"
    return (f"{finite}; the first was lost at step {min(lost)}",)
