"""Compare what was made again with what is recorded, node by node."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reprise.execution.lineage import Recorded
from reprise.graph.nodes import Node
from reprise.provenance.changes import VerdictPair, environment_changes, verdict_pairs
from reprise.provenance.comparison import Difference, Status, Tolerance, worst
from reprise.provenance.contents import compare
from reprise.provenance.inventory import OutsideTree
from reprise.records.record import Record, read_record
from reprise.records.tree import Tree

ALTERED = "the file differs from its record"


@dataclass(frozen=True)
class FileAnswer:
    """One output: what is recorded of it, and what was made."""

    name: str
    recorded: str
    """sha256, from the record."""
    made: str
    difference: Difference


@dataclass(frozen=True)
class NodeAnswer:
    """One node."""

    id: str
    kind: str
    status: Status
    decides: bool
    """Whether the whole answer depends on it: checkpoints alone may differ in their last digits."""
    taken: bool
    """Taken over as it was, not made again."""
    files: tuple[FileAnswer, ...]
    environment: tuple[str, ...]
    verdicts: tuple[VerdictPair, ...] = ()
    notes: tuple[str, ...] = ()


def answers(
    recorded: Mapping[str, Recorded],
    made: Tree,
    target: Node,
    taken: Iterable[str],
    tolerance: Tolerance,
) -> list[NodeAnswer]:
    """Every node of ``recorded``, parents first; all of them have been made in ``made``."""
    taken = set(taken)
    return [
        _answer(entry, entry.record, made, target, name in taken, tolerance)
        for name, entry in recorded.items()
        if entry.record
    ]


def overall(nodes: Iterable[NodeAnswer]) -> Status:
    """The worst status of the nodes that decide."""
    return worst(node.status for node in nodes if node.decides)


def environments(nodes: Iterable[NodeAnswer]) -> dict[str, int]:
    """What is not the same about the environments -> number of nodes."""
    counts: dict[str, int] = {}
    for node in nodes:
        for text in node.environment:
            counts[text] = counts.get(text, 0) + 1
    return counts


def _answer(
    entry: Recorded, before: Record, made: Tree, target: Node, taken: bool, tolerance: Tolerance
) -> NodeAnswer:
    node = entry.node
    after = read_record(made.path(node.record))
    files = tuple(_file(path, entry, before, made, tolerance) for path in node.outputs)
    decides = node.id == target.id or node.kind not in ("run", "dataset")
    answer = NodeAnswer(
        id=node.id,
        kind=node.kind,
        status=worst(file.difference.status for file in files),
        decides=decides,
        taken=taken,
        files=files,
        environment=environment_changes(before, after),
        verdicts=_verdicts(entry, made) if node.kind == "verdict" else (),
    )
    return _excused(answer, before, after) if node.kind == "figure" else answer


def _file(
    path: str, entry: Recorded, record: Record, made: Tree, tolerance: Tolerance
) -> FileAnswer:
    name = Path(path).name
    recorded = record.outputs.get(name, "")
    content = made.path(path).read_bytes()
    found = _difference(name, entry, recorded, content, tolerance)
    return FileAnswer(name, recorded, hashlib.sha256(content).hexdigest(), found)


def _difference(
    name: str, entry: Recorded, recorded: str, made: bytes, tolerance: Tolerance
) -> Difference:
    try:
        before = entry.read(name)
    except (OSError, OutsideTree) as error:
        return Difference("differs", (str(error),))
    if before is None:
        if hashlib.sha256(made).hexdigest() == recorded:
            return Difference("identical", ("by its recorded digest",))
        return Difference("differs", ("other bytes; the tree does not hold the recorded ones",))
    altered = hashlib.sha256(before).hexdigest() != recorded
    if name.endswith(".html") and not altered:
        return Difference("identical", ("not compared: it shows times",))
    found = compare(name, before, made, tolerance)
    return replace(found, status="differs", notes=(ALTERED, *found.notes)) if altered else found


def _verdicts(entry: Recorded, made: Tree) -> tuple[VerdictPair, ...]:
    """The claims whose verdict is not the same."""
    (path,) = entry.node.outputs
    try:
        pairs = verdict_pairs(entry.read(Path(path).name), made.path(path).read_bytes())
    except (ValueError, OSError, OutsideTree):
        return ()
    return tuple(pair for pair in pairs if pair.before != pair.after)


def _excused(answer: NodeAnswer, before: Record, after: Record) -> NodeAnswer:
    """Another version of the drawing libraries draws otherwise; the tables decide then."""
    if answer.status != "differs" or any(ALTERED in file.difference.notes for file in answer.files):
        return answer
    other = tuple(_other_versions(before, after))
    if not other:
        return answer
    return replace(answer, status="equal", notes=(f"drawn by other versions: {', '.join(other)}",))


def _other_versions(before: Record, after: Record) -> Iterator[str]:
    old, new = before.environment["versions"], after.environment["versions"]
    yield from (
        f"{name} {old.get(name)} -> {new[name]}" for name in new if old.get(name) != new[name]
    )
