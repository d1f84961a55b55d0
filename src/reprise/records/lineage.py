"""What a result tree records of a node and of everything that it was made from."""

from dataclasses import dataclass
from pathlib import Path

from reprise.graph.build import Graph
from reprise.graph.fingerprint import SHORT
from reprise.graph.nodes import Node
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
        """The recorded output ``name``, None where the tree lacks it; raises OSError."""
        path = _inside(self.tree, self.folder / name)
        return path.read_bytes() if path.is_file() else None


def lineage(graph: Graph, tree: Tree, target: Node) -> dict[str, Recorded]:
    """What ``tree`` records of ``target`` and of all its ancestors, by id, parents first.

    A run is the one that the records of its children name, whatever its settings are today.
    """
    entries: dict[str, Recorded] = {}
    fingerprints: dict[str, str] = {}
    nodes = graph.ancestors([target.id])
    for node in reversed(nodes):
        entry = _recorded(node, tree, fingerprints.get(node.id, node.fingerprint))
        for parent, seen in entry.record.inputs.items() if entry.record else ():
            fingerprints.setdefault(parent, str(seen.get("fingerprint")))
        entries[node.id] = entry
    return {node.id: entries[node.id] for node in nodes}


def _recorded(node: Node, tree: Tree, fingerprint: str) -> Recorded:
    folder = tree.path(node.record).parent
    if node.kind in ("run", "dataset"):
        stem = node.folder.name.rpartition("-")[0]
        folder = folder.with_name(f"{stem}-{fingerprint[:SHORT]}")
    path = folder / Path(node.record).name
    try:
        record = read_record(_inside(tree, path))
        if record.node.get("id") != node.id:
            raise UnreadableRecord(f"{path}: the record of another node")
    except FileNotFoundError:
        return Recorded(node, tree, folder, None, f"{tree.folder} has no record of it")
    except (UnreadableRecord, OSError) as error:
        return Recorded(node, tree, folder, None, str(error))
    return Recorded(node, tree, folder, record)


def _inside(tree: Tree, path: Path) -> Path:
    if tree.leaves(path):
        raise OSError(f"{path} is a link to outside {tree.folder}")
    return path
