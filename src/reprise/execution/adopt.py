"""Take over results that were made on another machine, after each was verified."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from reprise.execution.copying import NotCopied, copy_node
from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.jobs.triggers import age_triggers
from reprise.project import Project
from reprise.provenance.inventory import Inventory
from reprise.provenance.locks import locked
from reprise.provenance.record import Record
from reprise.provenance.state import State, own_state, states
from reprise.provenance.trees import Tree
from reprise.specs.errors import ConfigError

Result = Literal["adopted", "already here", "kept", "refused", "tampered", "left"]
"""``kept``: what is here is valid and has other content. ``left``: a report, cheaply made again."""

ADOPTED, REFUSED, TAMPERED = 0, 3, 4
"""Exit codes."""


@dataclass(frozen=True)
class Adoption:
    """What became of one node of the other tree."""

    id: str
    kind: str
    result: Result
    reasons: tuple[str, ...] = ()


def exit_code(found: Iterable[Adoption]) -> int:
    """4 if anything is tampered or unverifiable, 3 if anything else was not taken over, else 0."""
    results = {adoption.result for adoption in found}
    if "tampered" in results:
        return TAMPERED
    return REFUSED if results & {"refused", "kept"} else ADOPTED


def adopt(
    project: Project,
    graph: Graph,
    inventory: Inventory,
    replace: bool = False,
    report: Callable[[Adoption], None] = lambda adoption: None,
) -> list[Adoption]:
    """Copy what is valid in the tree of ``inventory`` into the project's own, parents first.

    A node is only taken over onto parents that hold what it was made from. ``report`` hears of
    each as it is settled. Waits for a run that is under way.

    Raises:
        ConfigError: the tree is the project's own.
        OSError: the project's tree cannot be written.
    """
    source, own = Tree(inventory.folder), Tree.own(project.root, graph.config.scale)
    if source.folder.resolve() == own.folder.resolve():
        raise ConfigError(f"{source.folder} is the project's own tree")
    with locked(project.cache / "locks" / "run.lock"):
        adopter = _Adopter(project, graph, source, own, replace)
        found = []
        for node in graph.nodes.values():
            adoption = adopter.settle(node)
            if adoption is not None:
                found.append(adoption)
                report(adoption)
    for adoption in _unknown(graph, inventory):
        found.append(adoption)
        report(adoption)
    return found


class _Adopter:
    """Settles node after node; knows what the project's own tree holds by then."""

    def __init__(
        self, project: Project, graph: Graph, source: Tree, own: Tree, replace: bool
    ) -> None:
        self.project, self.source, self.own, self.replace = project, source, own, replace
        self.theirs = states(graph, source)
        self.ours = states(graph, own)
        self.ready: dict[str, dict[str, str]] = {}
        """Valid here by now: id -> digests of its outputs."""

    def settle(self, node: Node) -> Adoption | None:
        """Take ``node`` over or say why not; None where the other tree has nothing of it."""
        adoption, record = self._settled(node)
        if record is not None:
            self.ready[node.id] = record.outputs
        return adoption

    def _settled(self, node: Node) -> tuple[Adoption | None, Record | None]:
        state = self.theirs[node.id]
        mine = self._valid_here(node)
        if not state.valid:
            return _refusal(node, state, self._nothing_there(node)), mine
        record = own_state(node, self.source)[1]
        if record is None:
            return _made(node, "tampered", ("its record changed while it was read",)), mine
        lacking = self._lacking(record)
        if mine is not None and mine.outputs == record.outputs:
            return _made(node, "already here"), mine
        if lacking:
            return _made(node, "refused", lacking), mine
        if mine is not None and not self.replace:
            return _made(node, "kept", ("what is here is valid, and has other content",)), mine
        try:
            with locked(self.project.cache / "locks" / f"{node.fingerprint}.lock"):
                copy_node(node, self.source, self.own)
        except NotCopied as error:
            return _made(node, "refused", (str(error),)), mine
        age_triggers(self.project, node)
        return _made(node, "adopted", state.reasons), record

    def _valid_here(self, node: Node) -> Record | None:
        """The record of ``node`` in the project's own tree, if it stands on what is there now."""
        if not self.ours[node.id].valid:
            return None
        record = own_state(node, self.own)[1]
        return None if record is None or self._lacking(record) else record

    def _lacking(self, record: Record) -> tuple[str, ...]:
        """Which inputs in ``record`` the project's own tree does not hold."""
        reasons = []
        for name, seen in record.inputs.items():
            if name not in self.ready:
                reasons.append(f"its input {name} was not taken over")
            elif self.ready[name] != seen["outputs"]:
                reasons.append(f"its input {name} has other content here")
        return tuple(reasons)

    def _nothing_there(self, node: Node) -> bool:
        paths = (*node.outputs, node.record)
        return not any(self.source.path(path).exists() for path in paths)


def _refusal(node: Node, state: State, nothing: bool) -> Adoption | None:
    if state.name in ("tampered", "unverifiable"):
        return _made(node, "tampered", (state.name, *state.reasons))
    if nothing and state.name == "missing":
        return None
    return _made(node, "left" if node.kind == "report" else "refused", (state.name, *state.reasons))


def _made(node: Node, result: Result, reasons: tuple[str, ...] = ()) -> Adoption:
    return Adoption(node.id, node.kind, result, reasons)


def _unknown(graph: Graph, inventory: Inventory) -> Iterable[Adoption]:
    """Records that no node of this version answers to."""
    papers = {node.paper for node in graph.nodes.values()}
    for name, entry in inventory.entries.items():
        if name not in graph.nodes and entry.record.node.get("paper") in papers:
            yield Adoption(name, entry.kind, "refused", ("nothing in this version makes it",))


def as_json(found: list[Adoption]) -> dict[str, Any]:
    """Counts and nodes as plain values."""
    return {
        "exit_code": exit_code(found),
        "counts": dict(Counter(adoption.result for adoption in found)),
        "nodes": [{**vars(adoption), "reasons": list(adoption.reasons)} for adoption in found],
    }
