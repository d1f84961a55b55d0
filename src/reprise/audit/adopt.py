"""Take over results of another machine, or of another scale, after each was verified."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.jobs.job_files import age_triggers
from reprise.project import Project
from reprise.records.other_scales import Twin
from reprise.records.record import Record, UnreadableRecord, read_record, record_at
from reprise.records.state import STALE, TAMPERED, State, states
from reprise.records.tree import Inventory, OutsideTree, Tree
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import locked, write_bytes, write_json

Result = Literal["adopted", "already here", "kept", "refused", "tampered", "left"]
"""``kept``: what is here is valid and has other content. ``left``: a report, cheaply made again."""

NOT_SHIPPED = "is not shipped with this tree"
"""End of the reason where the tree was made without a file on purpose."""


class NotCopied(Exception):
    """A node cannot be taken over; the message says why. Nothing of the target was changed."""


class NotShipped(NotCopied):
    """The tree was made without a file of the node on purpose."""


@dataclass(frozen=True)
class Adoption:
    """What became of one node of the other tree."""

    id: str
    kind: str
    result: Result
    reasons: tuple[str, ...] = ()


def exit_code(adoptions: Iterable[Adoption]) -> int:
    """4 if anything is tampered or unverifiable, 3 if anything else was not taken over, else 0."""
    results = {adoption.result for adoption in adoptions}
    if "tampered" in results:
        return TAMPERED
    return STALE if results & {"refused", "kept"} else 0


def adopt(
    project: Project, graph: Graph, inventory: Inventory, replace: bool = False
) -> list[Adoption]:
    """Copy what is valid in the tree of ``inventory`` into the project's own, parents first.

    A node is only taken over onto parents that hold what it was made from. Waits for a run that is
    under way.

    Raises:
        ConfigError: the tree is the project's own.
        OSError: the project's tree cannot be written.
    """
    source, own = Tree(inventory.folder), Tree.own(project.root, graph.config.scale)
    if source.folder.resolve() == own.folder.resolve():
        raise ConfigError(f"{source.folder} is the project's own tree")
    with locked(project.cache / "locks" / "run.lock"):
        adopter = _Adopter(project, graph, source, own, replace)
        settled = [adopter.settle(node) for node in graph.nodes.values()]
    papers = {node.paper for node in graph.nodes.values()}
    unknown = [
        Adoption(name, entry.kind, "refused", ("nothing in this version makes it",))
        for name, entry in inventory.entries.items()
        if name not in graph.nodes and entry.paper in papers
    ]
    return [*filter(None, settled), *unknown]


def take_over(project: Project, graph: Graph, twins: Mapping[str, Twin]) -> list[str]:
    """Copy ``twins`` (``find_twins``) into the project's own tree; ids of those that were taken.

    One that was altered or removed meanwhile is left, with all that was made from it. The caller
    holds the lock of runs.

    Raises:
        OSError: the project's tree cannot be written.
    """
    own = Tree.own(project.root, graph.config.scale)
    taken: list[str] = []
    left: set[str] = set()
    for name, twin in twins.items():
        node = graph.nodes[name]
        try:
            if left & {*node.inputs}:
                raise NotCopied("what it was made from was not taken over")
            with locked(project.cache / "locks" / f"{node.fingerprint}.lock"):
                copy_node(node, twin.tree, own, twin.node)
        except NotCopied:
            left.add(name)
        else:
            age_triggers(project, node)
            taken.append(name)
    return taken


def copy_node(node: Node, source: Tree, target: Tree, twin: Node | None = None) -> None:
    """Copy outputs and record of ``node``; a reader of ``target`` never sees half of them as whole.

    ``twin`` is the same node as ``source`` has it, where that is of another scale.

    Raises:
        NotCopied: a file is gone, outside ``source``, or not the one in the record.
        OSError: ``target`` cannot be written.
    """
    there = twin or node
    record = checked_record(there, source)
    pairs = zip(node.outputs, there.outputs, strict=True)
    contents = {path: _content(other, record, source) for path, other in pairs}
    statement = _read(source, there.record)
    target.path(node.record).unlink(missing_ok=True)
    for path, data in contents.items():
        write_bytes(target.path(path), data)
    if twin:
        write_json(target.path(node.record), record_at(statement, node))
    else:
        write_bytes(target.path(node.record), statement)


def checked_record(node: Node, tree: Tree) -> Record:
    """The record of ``node`` as planned; raises NotCopied."""
    try:
        record = read_record(tree.inside(tree.path(node.record)))
    except FileNotFoundError:
        raise NotCopied(f"{tree.name(node.record)} is missing") from None
    except (UnreadableRecord, OSError) as error:
        raise NotCopied(str(error)) from error
    if record.fingerprint != node.fingerprint:
        raise NotCopied(f"{tree.name(node.record)} is the record of another node")
    return record


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
        state, mine = self.theirs[node.id], self._valid_here(node)
        if mine:
            self.ready[node.id] = mine.outputs
        if not state.valid:
            return self._refusal(node, state)
        try:
            record = checked_record(node, self.source)
            if mine and mine.outputs == record.outputs:
                return Adoption(node.id, node.kind, "already here")
            if lacking := self._lacking(record):
                return Adoption(node.id, node.kind, "refused", lacking)
            if mine and not self.replace:
                why = "what is here is valid, and has other content"
                return Adoption(node.id, node.kind, "kept", (why,))
            with locked(self.project.cache / "locks" / f"{node.fingerprint}.lock"):
                copy_node(node, self.source, self.own)
        except NotCopied as error:
            return Adoption(node.id, node.kind, "refused", (str(error),))
        age_triggers(self.project, node)
        self.ready[node.id] = record.outputs
        return Adoption(node.id, node.kind, "adopted", state.reasons)

    def _refusal(self, node: Node, state: State) -> Adoption | None:
        result: Result = "left" if node.kind == "report" else "refused"
        if state.name in ("tampered", "unverifiable"):
            result = "tampered"
        elif state.name == "missing" and not any(
            self.source.path(path).exists() for path in (*node.outputs, node.record)
        ):
            return None
        return Adoption(node.id, node.kind, result, (state.name, *state.reasons))

    def _valid_here(self, node: Node) -> Record | None:
        """The record of ``node`` in the project's own tree, if it stands on what is there now."""
        try:
            record = checked_record(node, self.own) if self.ours[node.id].valid else None
        except NotCopied:
            return None
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


def _content(path: str, record: Record, tree: Tree) -> bytes:
    if tree.withheld(path):
        raise NotShipped(f"{tree.name(path)} {NOT_SHIPPED}")
    data = _read(tree, path)
    if hashlib.sha256(data).hexdigest() != record.outputs.get(Path(path).name):
        raise NotCopied(f"{tree.name(path)} differs from its record")
    return data


def _read(tree: Tree, path: str) -> bytes:
    try:
        return tree.inside(tree.path(path)).read_bytes()
    except FileNotFoundError:
        raise NotCopied(f"{tree.name(path)} is missing") from None
    except OutsideTree:
        raise NotCopied(f"{tree.name(path)} is a link to outside the tree") from None
    except OSError as error:
        raise NotCopied(f"{tree.name(path)}: {error.strerror}") from error
