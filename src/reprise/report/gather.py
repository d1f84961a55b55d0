"""Fill what the pages of the report show from records and outputs: no clock, no environment."""

import importlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reprise.graph.closure import module_path, source_root
from reprise.graph.nodes import Node, full_entry
from reprise.plotting.blocks import Block
from reprise.records.changes import noted_changes
from reprise.records.record import Record
from reprise.records.state import State, own_state
from reprise.records.tree import made_on
from reprise.report.model import (
    Cost,
    Deviation,
    FigureEntry,
    PaperEntry,
    ReportModel,
    Step,
    paper_order,
    verdict_rows,
)
from reprise.specs.errors import suggest

if TYPE_CHECKING:
    import pandas as pd

    from reprise.jobs.make import Parents

_PX_PER_PT = 4 / 3
_SVG_SIZE = re.compile(rb'<svg[^>]*? width="([0-9.]+)pt" height="([0-9.]+)pt"')


def report_model(node: Node, parents: "Parents") -> ReportModel:
    """Everything that the pages of ``node`` show; ``parents`` holds all its ancestors."""
    found = {p.id: own_state(p, parents.tree) for p in parents.nodes}
    states = {name: state for name, (state, _) in found.items()}
    papers = tuple(_Paper(paper, node, parents, states).entry() for paper in node.spec["papers"])
    root = posixpath.relpath(f"results/{node.scale}", str(node.folder))
    return ReportModel(title="Reprise", scale=node.scale, papers=papers, root=root)


class _Tables(Mapping[str, "pd.DataFrame"]):
    """The tables among ``nodes`` by name, each read when it is asked for."""

    def __init__(self, nodes: Iterable[Node], parents: "Parents") -> None:
        self._nodes, self._parents = {node.name: node for node in nodes}, parents

    def __getitem__(self, name: str) -> "pd.DataFrame":
        if name not in self._nodes:
            raise KeyError(f"no figure reads a table {name!r}{suggest(name, self._nodes)}")
        return self._parents.csv(self._nodes[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


class _Paper:
    """What the nodes of one paper say."""

    def __init__(
        self, facts: dict[str, Any], report: Node, parents: "Parents", states: dict[str, State]
    ) -> None:
        self.facts, self.key = facts, str(facts["key"])
        self.report, self.parents, self.states = report, parents, states
        self.own = {p.id: p for p in parents.nodes if p.paper == self.key}

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
            changed=noted_changes(self.parents.records[verdicts.id]),
            figures=figures,
            code={path: (source_root() / path).read_text(encoding="utf-8") for path in paths},
            cost=self._cost(),
        )

    def _figure(self, figure: Node, blocks: tuple[Block, ...]) -> FigureEntry:
        lineage = self._lineage(figure)
        tables = [self.own[name] for name in figure.inputs]
        lost = [t for node in lineage for t in _lost(node, self.parents.records[node.id])]
        return FigureEntry(
            name=figure.name,
            title=figure.about["title"],
            caption=figure.about["caption"],
            source=figure.about["source"],
            size=_size(self.parents.bytes(figure, ".svg")),
            state=self.states[figure.id].name,
            reasons=(*self.states[figure.id].reasons, *lost),
            footer=figure.spec["footer"],
            tables=tuple(table.name for table in tables),
            code=tuple(dict.fromkeys(_file(node) for node in (figure, *tables))),
            lineage=tuple(self._step(node) for node in lineage),
            blocks=blocks,
        )

    def _lineage(self, figure: Node) -> list[Node]:
        wanted = {figure.id}
        for node in reversed(self.own.values()):
            if node.id in wanted:
                wanted.update(node.inputs)
        return [node for node in self.own.values() if node.id in wanted]

    def _step(self, node: Node) -> Step:
        made = (self.parents.records[node.id], node.spec, node.seeds, node.files)
        return Step(node.id, node.kind, self.states[node.id], node.inputs, node.fingerprint, *made)

    def _blocks(self, figures: Mapping[str, Node]) -> dict[str, tuple[Block, ...]]:
        """Name of a figure -> its explorable blocks; ValueError for a figure that there is not."""
        entry = self.report.spec["explorables"].get(self.key)
        if entry is None:
            return {}
        module, _, name = entry.partition(":")
        shown = [p for p in self.own.values() if p.kind == "table" and p.id in self.report.inputs]
        found = getattr(importlib.import_module(module), name)(_Tables(shown, self.parents))
        for block in found:
            if block.figure not in figures:
                near = suggest(block.figure, figures)
                raise ValueError(f"{entry}: there is no figure {block.figure!r}{near}")
        ordered = sorted(found, key=lambda block: block.figure)
        return {name: tuple(own) for name, own in groupby(ordered, lambda block: block.figure)}

    def _cost(self) -> Cost:
        records = [self.parents.records[name] for name in self.own]
        return Cost(
            jobs=len(records),
            trainings=sum(node.kind == "run" for node in self.own.values()),
            seconds=sum(record.execution["wall_s"] for record in records),
            processors=tuple(sorted({made_on(record) for record in records} - {""})),
        )


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
