"""What a report shows, as plain values: filled from records, without clock or environment."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from reprise.graph.nodes import Node
from reprise.records.changes import noted_changes
from reprise.records.record import Record
from reprise.records.release import commit_words, made_on
from reprise.records.state import Name, State, own_state
from reprise.records.tree import Tree
from reprise.specs.claims import KINDS
from reprise.specs.verdicts import VERDICTS

if TYPE_CHECKING:
    import pandas as pd

    from reprise.jobs.produce import Parents

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
    svg: bytes | None
    """None where the figure has not been made."""
    state: str
    footer: str
    """Scale, seeds, numerics: the line below the picture."""
    reasons: tuple[str, ...] = ()
    lineage: tuple[Step, ...] = ()
    """From data sets and runs to the figure, inputs before what is made from them."""

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

    @property
    def dropped(self) -> tuple[str, ...]:
        """Claims that were removed after they had been judged."""
        return tuple(name for name in self.changed if name not in {v.claim for v in self.verdicts})

    @property
    def counts(self) -> dict[str, int]:
        """Verdict -> number of the paper's findings, for every verdict."""
        return count(of_kind(self.verdicts, FINDING))

    def claims_of(self, figure: str) -> tuple[VerdictRow, ...]:
        """The claims that are read off ``figure``."""
        return tuple(row for row in self.verdicts if row.figure == figure)


@dataclass(frozen=True)
class ReportModel:
    """Everything that the page shows."""

    title: str
    scale: str
    papers: tuple[PaperEntry, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Verdict -> number of findings of all papers, for every verdict."""
        return self.by_kind[FINDING]

    @property
    def by_kind(self) -> dict[str, dict[str, int]]:
        """Kind of claim -> verdict -> number of claims over all papers."""
        rows = [row for paper in self.papers for row in paper.verdicts]
        return {kind: count(of_kind(rows, kind)) for kind in KINDS}


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


def report_model(node: Node, parents: "Parents") -> ReportModel:
    """Everything that the page of ``node`` shows; ``parents`` holds all its ancestors."""
    found = {p.id: own_state(p, Tree.own(parents.root, p.scale)) for p in parents.nodes}
    states = {name: state for name, (state, _) in found.items()}
    papers = tuple(_paper(paper, parents, states) for paper in node.spec["papers"])
    return ReportModel(title="Reprise", scale=node.scale, papers=papers)


def _paper(paper: dict[str, Any], parents: "Parents", states: dict[str, State]) -> PaperEntry:
    own = [p for p in parents.nodes if p.paper == paper["key"]]
    verdicts = next(p for p in own if p.kind == "verdict")
    figures = [p for p in own if p.kind == "figure"]
    facts = {name: value for name, value in paper.items() if name != "deviations"}
    return PaperEntry(
        **facts,
        deviations=tuple(Deviation(*row) for row in paper["deviations"]),
        verdicts=verdict_rows(parents.csv(verdicts)),
        changed=noted_changes(parents.records[verdicts.id]),
        figures=tuple(_figure(figure, own, parents, states) for figure in figures),
    )


def _figure(
    figure: Node, own: list[Node], parents: "Parents", states: dict[str, State]
) -> FigureEntry:
    wanted = {figure.id}
    for node in reversed(own):
        if node.id in wanted:
            wanted.update(node.inputs)
    lineage = [node for node in own if node.id in wanted]
    return FigureEntry(
        name=figure.name,
        title=figure.about["title"],
        caption=figure.about["caption"],
        source=figure.about["source"],
        svg=parents.bytes(figure, ".svg"),
        state=states[figure.id].name,
        reasons=(
            *states[figure.id].reasons,
            *(text for node in lineage for text in _lost(node, parents.records[node.id])),
        ),
        footer=figure.spec["footer"],
        lineage=tuple(_step(node, states[node.id], parents.records[node.id]) for node in lineage),
    )


def _lost(node: Node, record: Record) -> tuple[str, ...]:
    """How many networks of a run are behind its numbers, where some left the finite numbers."""
    steps = record.execution.get("failed_at_step", []) if node.kind == "run" else []
    lost = [step for step in steps if step >= 0]
    if not lost:
        return ()
    finite = f"{len(steps) - len(lost)} of {len(steps)} networks of {node.name} stayed finite"
    return (f"{finite}; the first was lost at step {min(lost)}",)


def _step(node: Node, state: State, record: Record) -> Step:
    made = (node.spec, node.seeds, node.files)
    return Step(node.id, node.kind, state, node.inputs, node.fingerprint, record, *made)
