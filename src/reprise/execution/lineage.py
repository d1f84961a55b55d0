"""What a result tree records of a node and of everything that it was made from."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reprise.graph.build import Graph
from reprise.graph.fingerprint import SHORT
from reprise.graph.nodes import Node
from reprise.provenance.changes import device_type
from reprise.provenance.inventory import OutsideTree
from reprise.records.differences import differences
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.records.tree import Tree


@dataclass(frozen=True)
class Recorded:
    """One node of today's graph, and what a tree says of it."""

    node: Node
    tree: Tree
    folder: Path
    """Where its outputs lie in the tree."""
    record: Record | None
    problem: str = ""
    """Why there is no record."""

    def read(self, name: str) -> bytes | None:
        """The recorded output ``name``; None where the tree lacks it; raises OutsideTree."""
        path = _inside(self.tree, self.folder / name)
        return path.read_bytes() if path.is_file() else None


def lineage(graph: Graph, tree: Tree, target: Node) -> dict[str, Recorded]:
    """What ``tree`` records of ``target`` and of all its ancestors, by id, parents first.

    A run is the one that the records of its children name, whatever its settings are today.
    """
    found: dict[str, Recorded] = {}
    marks: dict[str, str] = {}
    nodes = graph.ancestors([target.id])
    for node in reversed(nodes):
        entry = _recorded(node, tree, marks.get(node.id, node.fingerprint))
        for parent, seen in entry.record.inputs.items() if entry.record else ():
            marks.setdefault(parent, str(seen.get("fingerprint")))
        found[node.id] = entry
    return {node.id: found[node.id] for node in nodes}


def obstacles(found: dict[str, Recorded], device: str | None) -> tuple[str, ...]:
    """Why making ``found`` today says nothing about what is recorded; empty if it does.

    ``device`` is the type of device that would train them; None if nothing is trained.
    """
    reasons = [f"{name}: {reason}" for name, entry in found.items() for reason in _reasons(entry)]
    reasons += [
        f"{name}: trained on a {then}, here it would be a {device}"
        for name, entry in found.items()
        if device and entry.record and (then := device_type(entry.record)) not in (None, device)
    ]
    changed = any(r.record and r.record.fingerprint != r.node.fingerprint for r in found.values())
    return tuple(reasons) or (("its fingerprint is not the recorded one",) if changed else ())


def recorded_commit(entry: Recorded) -> str | None:
    """The commit to check out, to make ``entry`` from the code that it was made from, in words."""
    commit = entry.record.commit if entry.record else {}
    if not commit.get("sha"):
        return None
    edited = " and edits that were not committed" if commit.get("dirty") else ""
    return f"{commit['sha']}{edited}"


def _reasons(entry: Recorded) -> tuple[str, ...]:
    """What changed in the node itself; where only an input did, the input says what."""
    node, record = entry.node, entry.record
    if record is None:
        return (entry.problem,)
    now = _plain([node.spec, node.code, node.files, sorted(node.inputs)])
    if now == [record.spec, record.code, record.files, sorted(record.inputs)]:
        return ()
    return differences(node, record)


def _inside(tree: Tree, path: Path) -> Path:
    if tree.leaves(path):
        raise OutsideTree(f"{path} is a link to outside {tree.folder}")
    return path


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _recorded(node: Node, tree: Tree, mark: str) -> Recorded:
    folder = tree.path(node.record).parent
    if node.kind in ("run", "dataset"):
        folder = folder.with_name(f"{node.folder.name.rpartition('-')[0]}-{mark[:SHORT]}")
    path = folder / Path(node.record).name
    try:
        record = read_record(_inside(tree, path))
        if record.node.get("id") != node.id:
            raise UnreadableRecord(f"{path}: the record of another node")
    except FileNotFoundError:
        return Recorded(node, tree, folder, None, f"{tree.folder} has no record of it")
    except (UnreadableRecord, OutsideTree, OSError) as error:
        return Recorded(node, tree, folder, None, str(error))
    return Recorded(node, tree, folder, record)
