"""The state of every node, from records and contents alone: no clock, no engine metadata."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.machine import instructions, processor
from reprise.records.changes import (
    INPUT_CHANGED,
    chosen,
    device_type,
    node_changes,
    version_changes,
)
from reprise.records.environment import versions
from reprise.records.record import (
    LIMIT,
    Record,
    UnreadableRecord,
    altered_places,
    line_endings,
    read_record,
)
from reprise.records.tree import BadLock, Tree
from reprise.surroundings import XLA_FLAGS, recorded

STALE, TAMPERED = 3, 4
"""Exit codes."""
ELSEWHERE = "made on another processor"
Name = Literal["current", "stale", "behind", "tampered", "missing", "unverifiable"]


@dataclass(frozen=True)
class State:
    """The state of one node, and why."""

    name: Name
    reasons: tuple[str, ...] = ()
    note: str = field(default="", compare=False)
    """What is good to know of a valid result, and no fault."""

    @property
    def title(self) -> str:
        """As people read it."""
        return f"{self.name} ({self.note})" if self.note else self.name

    @property
    def valid(self) -> bool:
        """True where the outputs may be used as they are (``behind`` is redone only on request)."""
        return self.name in ("current", "behind")


def exit_code(states: Iterable[State]) -> int:
    """0 if all may be used, 4 if any is tampered or unverifiable, else 3."""
    names = {state.name for state in states}
    if names & {"tampered", "unverifiable"}:
        return TAMPERED
    return STALE if names & {"stale", "missing"} else 0


def states(graph: Graph, tree: Tree) -> dict[str, State]:
    """State in ``tree`` of every node of ``graph``, by id; reads and hashes, writes nothing."""
    result: dict[str, State] = {}
    made: dict[str, dict[str, str] | None] = {}
    for node in graph.nodes.values():
        state, record = own_state(node, tree)
        if state.reasons == INPUT_CHANGED and record:
            now, seen = graph.nodes, record.inputs
            changed = (n for n in node.inputs if seen[n].get("fingerprint") != now[n].fingerprint)
            reasons = tuple(f"input {name} changed" for name in changed)
            state = State(state.name, reasons or state.reasons)
        for name in node.inputs if state.valid and record else ():
            outputs = record.inputs.get(name, {}).get("outputs") if record else None
            if made[name] is not None and outputs != made[name]:
                state = State("stale", (f"input {name} was made again with other content",))
                break
        result[node.id] = state
        # Of ten thousand records only this is kept.
        made[node.id] = record.outputs if record else None
    return result


def to_make(graph: Graph, known: dict[str, State], targets: list[str]) -> list[Node]:
    """Nodes that have to be made for ``targets``, parents first: the invalid, all after them."""
    made: set[str] = set()
    for node in graph.ancestors(targets):
        if not known[node.id].valid or made & set(node.inputs):
            made.add(node.id)
    return [node for node in graph.nodes.values() if node.id in made]


def own_state(node: Node, tree: Tree) -> tuple[State, Record | None]:
    """The state of ``node`` by its own record and outputs (inputs not compared), and the record."""
    try:
        return _own_state(node, tree)
    except (UnreadableRecord, BadLock) as error:
        reason = str(error)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
    # Without the place of a tree on this machine.
    here = f"results/{tree.folder.name}/" if tree.home else ""
    return State("unverifiable", (reason.replace(f"{tree.folder}/", here),)), None


def _own_state(node: Node, tree: Tree) -> tuple[State, Record | None]:
    paths = (*node.outputs, node.record)
    gone = [path for path in paths if tree.leaves(tree.path(path))]
    if gone:
        outside = (f"{tree.title(path)} is a link to outside the tree" for path in gone)
        return State("unverifiable", tuple(outside)), None
    present = [path for path in node.outputs if tree.path(path).is_file()]
    try:
        record = read_record(tree.path(node.record))
    except FileNotFoundError:
        if not present:
            return _earlier(node, tree), None
        return State("unverifiable", (f"{tree.title(node.record)} is missing",)), None
    if record.fingerprint != node.fingerprint:
        return State("stale", node_changes(node, record)), record
    absent = set(node.outputs) - set(present) - set(withheld(node, tree))
    if absent:
        gone = [f"{tree.title(path)} is missing" for path in sorted(absent)]
        return State("missing", tuple(gone)), record
    altered = (*_alterations(node, record, tree, present), *_contradictions(node, record, tree))
    if altered:
        return State("tampered", altered), record
    changed = version_changes(record.environment["versions"], versions(node.kind))
    note = _chosen_otherwise(record) if made_like_here(record) else ELSEWHERE
    return State("behind" if changed else "current", changed, note), record


def withheld(node: Node, tree: Tree) -> list[str]:
    """Outputs of a run or dataset that ``tree`` was made without on purpose; raises BadLock."""
    if node.kind not in ("run", "dataset"):
        return []
    absent = (path for path in node.outputs if not tree.path(path).is_file())
    return [path for path in absent if tree.withheld(path)]


def _alterations(node: Node, record: Record, tree: Tree, present: list[str]) -> Iterator[str]:
    for path in present:
        file = path.rpartition("/")[2]
        if tree.digest(path) != record.outputs.get(file):
            place = tree.path(path)
            same_text = line_endings(place, record.outputs.get(file))
            where = same_text or _where(place, record.marks.get(file))
            yield f"{tree.title(path)} differs from its record{where}"
    if tree.lock is None:
        return
    if tree.withheld(node.record):
        yield f"{tree.title(node.record)} is not in the lock"
    for path in (*present, node.record):
        if not tree.withheld(path) and tree.digest(path) != (own := tree.lock[tree.name(path)]):
            same_text = line_endings(tree.path(path), own)
            yield f"{tree.title(path)} differs from the lock{same_text}"


def _contradictions(node: Node, record: Record, tree: Tree) -> Iterator[str]:
    """What a record with the right fingerprint says otherwise than the node that has it."""
    fields: dict[str, tuple[Any, Any]] = {
        "parameters": (record.spec, node.spec),
        "code": (set(record.code.values()), set(node.code.values())),
        "files": (record.files, node.files),
        "inputs": (set(record.inputs), set(node.inputs)),
        "id": (record.node.get("id"), node.id),
        "scale": (record.node.get("scale"), node.scale),
        "seeds": (record.node.get("seeds"), list(node.seeds)),
    }
    for name, (written, planned) in fields.items():
        if written != planned:
            yield f"{tree.title(node.record)}: its {name} are not those of its fingerprint"


def _where(file: Path, marks: Any) -> str:
    try:
        if not marks or file.stat().st_size > LIMIT:
            return ""
        return f": {'; '.join(altered_places(file.read_bytes(), marks)) or 'somewhere'}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _earlier(node: Node, tree: Tree) -> State:
    """``stale`` where the same node exists with another fingerprint in its folder's name."""
    if node.kind not in ("run", "dataset"):
        return State("missing", ("never made",))
    found = []
    for path in sorted(tree.path(node.record).parent.parent.glob(node.every_record)):
        with contextlib.suppress(UnreadableRecord, OSError):
            if not tree.leaves(path):
                found.append(node_changes(node, read_record(path)))
    return State("stale", min(found, key=len)) if found else State("missing", ("never made",))


def _chosen_otherwise(record: Record) -> str:
    """What the user chose when it was made, and not now, of what reaches the bits of a CPU."""
    made, here = chosen(record.environment), recorded()["chosen"]
    other = [name for name in (XLA_FLAGS, "LD_PRELOAD") if made.get(name) != here.get(name)]
    return f"made with another {', '.join(other)}" if other else ""


def made_like_here(record: Record) -> bool:
    """Whether the processor, with the instructions that XLA might use, is the one at hand.

    It decides the last digits where no accelerator computed; an earlier record may not say it all.
    """
    if device_type(record) not in (None, "cpu"):
        return True
    made = record.environment
    here = {"cpu": processor(), "instructions": instructions()}
    return all(made.get(name) in (None, value) for name, value in here.items())
