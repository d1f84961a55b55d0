"""Fill the report's model from records."""

from typing import Any

from reprise.graph.nodes import Node
from reprise.jobs.load import Parents
from reprise.records.changes import noted_changes
from reprise.records.record import Record
from reprise.records.state import State, own_state
from reprise.records.tree import Tree
from reprise.report.model import Deviation, FigureEntry, PaperEntry, ReportModel, Step
from reprise.report.rows import verdict_rows


def report_model(node: Node, parents: Parents) -> ReportModel:
    """Everything that the page of ``node`` shows; ``parents`` holds all its ancestors."""
    found = {p.id: own_state(p, Tree.own(parents.root, p.scale)) for p in parents.nodes}
    states = {name: state for name, (state, _) in found.items()}
    papers = tuple(_paper(paper, parents, states) for paper in node.spec["papers"])
    return ReportModel(title="Reprise", scale=node.scale, papers=papers)


def _paper(paper: dict[str, Any], parents: Parents, states: dict[str, State]) -> PaperEntry:
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
    figure: Node, own: list[Node], parents: Parents, states: dict[str, State]
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
    device = record.execution.get("device", {}).get("kind", "")
    return Step(
        id=node.id,
        kind=node.kind,
        state=state.name,
        reasons=state.reasons,
        fingerprint=node.fingerprint,
        inputs=node.inputs,
        seconds=record.execution.get("wall_s"),
        device=device or record.environment.get("cpu", ""),
        commit=record.commit.get("sha") or "",
        outputs=record.outputs,
    )
