"""The state of every node, from records and contents alone: no clock, no engine metadata."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.provenance.environment import versions
from reprise.provenance.record import Record, UnreadableRecord, read_record
from reprise.provenance.rowmarks import locate
from reprise.provenance.trees import Tree
from reprise.storage.atomic import sha256

_INPUT_CHANGED = ("an input changed",)

Name = Literal["current", "stale", "behind", "tampered", "missing", "unverifiable"]


@dataclass(frozen=True)
class State:
    """The state of one node, and why."""

    name: Name
    reasons: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """True where the outputs may be used as they are (``behind`` is redone only on request)."""
        return self.name in ("current", "behind")


def states(graph: Graph, tree: Tree) -> dict[str, State]:
    """State in ``tree`` of every node of ``graph``, by id; reads and hashes, writes nothing."""
    result: dict[str, State] = {}
    records: dict[str, Record | None] = {}
    for node in graph.nodes.values():
        state, record = own_state(node, tree)
        if state.reasons == _INPUT_CHANGED and record:
            state = State(state.name, _changed_inputs(graph, node, record) or state.reasons)
        if state.valid and record:
            state = _with_inputs(node, record, records, state)
        result[node.id], records[node.id] = state, record
    return result


def to_make(graph: Graph, known: dict[str, State], targets: list[str]) -> list[Node]:
    """Nodes that have to be made for ``targets``, parents first: the invalid, all after them."""
    made: set[str] = set()
    for node in graph.ancestors(targets):
        if not known[node.id].valid or made & set(node.inputs):
            made.add(node.id)
    return [node for node in graph.nodes.values() if node.id in made]


def own_state(node: Node, tree: Tree) -> tuple[State, Record | None]:
    """The state of ``node`` by its own record and outputs (inputs not compared), and the record.

    Raises:
        BadLock: the tree has a lock that cannot be read.
    """
    expected = [path for path in node.outputs if not tree.withheld(path)]
    absent = [path for path in expected if not tree.path(path).is_file()]
    try:
        record = read_record(tree.path(node.record))
    except FileNotFoundError:
        if not any(tree.path(path).is_file() for path in node.outputs):
            return _earlier(node, tree), None
        return State("unverifiable", (f"{tree.name(node.record)} is missing",)), None
    except (UnreadableRecord, OSError) as error:
        return State("unverifiable", (str(error),)), None
    if record.fingerprint != node.fingerprint:
        return State("stale", differences(node, record)), record
    if absent:
        return State("missing", tuple(f"{path} is missing" for path in absent)), record
    try:
        altered = list(_alterations(node, record, tree, expected))
    except OSError as error:
        return State("unverifiable", (f"{error.filename}: {error.strerror}",)), record
    if altered:
        return State("tampered", tuple(altered)), record
    return _environment_state(node, record), record


def _alterations(node: Node, record: Record, tree: Tree, outputs: list[str]) -> Iterator[str]:
    for path in outputs:
        file = Path(path).name
        if sha256(tree.path(path)) != record.outputs.get(file):
            where = _where(tree.path(path), record.marks.get(file))
            yield f"{path} differs from its record{where}"
    for path in [*outputs, node.record] if tree.lock else ():
        if sha256(tree.path(path)) != (tree.lock or {}).get(tree.name(path)):
            yield f"{path} differs from the lock"


def _where(file: Path, marks: Any) -> str:
    if not marks:
        return ""
    try:
        return f": {'; '.join(locate(file.read_bytes(), marks)) or 'somewhere'}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _earlier(node: Node, tree: Tree) -> State:
    """``stale`` where the same node exists with another fingerprint in its folder's name."""
    stem = node.folder.name.rpartition("-")[0]
    if node.kind not in ("run", "dataset"):
        return State("missing", ("never made",))
    found = []
    for path in sorted(tree.path(node.record).parent.parent.glob(f"{stem}-*/record.json")):
        with contextlib.suppress(UnreadableRecord, OSError):
            found.append(differences(node, read_record(path)))
    return State("stale", min(found, key=len)) if found else State("missing", ("never made",))


def _environment_state(node: Node, record: Record) -> State:
    recorded = record.environment.get("versions", {})
    changed = [
        f"{name} was {recorded.get(name)}, is {version}"
        for name, version in versions(node.kind).items()
        if recorded.get(name) != version
    ]
    return State("behind", tuple(changed)) if changed else State("current")


def _with_inputs(
    node: Node, record: Record, records: dict[str, Record | None], state: State
) -> State:
    for parent in node.inputs:
        now = records[parent]
        seen = record.inputs.get(parent, {}).get("outputs")
        if now is not None and seen != now.outputs:
            return State("stale", (f"input {parent} was made again with other content",))
    return state


def differences(node: Node, record: Record) -> tuple[str, ...]:
    """What changed from ``record`` to ``node``, named: parameters, definitions, files, inputs."""
    reasons = [f"parameter {text}" for text in _changed(record.spec, node.spec)]
    reasons += [f"code {text}" for text in _changed(record.code, node.code, values=False)]
    reasons += [f"file {text}" for text in _changed(record.files, node.files, values=False)]
    before = set(record.inputs)
    reasons += [f"input {name} added" for name in node.inputs if name not in before]
    reasons += [f"input {name} removed" for name in before - set(node.inputs)]
    return tuple(reasons) or _INPUT_CHANGED


def _changed_inputs(graph: Graph, node: Node, record: Record) -> tuple[str, ...]:
    return tuple(
        f"input {parent} changed"
        for parent in node.inputs
        if record.inputs[parent].get("fingerprint") != graph.nodes[parent].fingerprint
    )


def _changed(before: Any, after: Any, path: str = "", values: bool = True) -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(set(before) | set(after))
        return [
            text
            for name in names
            for text in _changed(
                before.get(name), after.get(name), f"{path}.{name}" if path else name, values
            )
        ]
    if before == after:
        return []
    if values:
        return [f"{path}: {before} -> {after}"]
    return [f"{path} {'added' if before is None else 'removed' if after is None else 'changed'}"]
