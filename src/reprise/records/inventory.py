"""What a result tree holds, by its own records: all of it, or what one node was made from.

The inventory needs no graph and no code of today, so that trees of any version can be read.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from reprise.graph.build import Graph
from reprise.graph.nodes import SHORT, Node
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.records.tree import Tree
from reprise.specs.errors import ConfigError, suggest

_PLACES = {
    # The second is its place in trees of the first release.
    "report": ("reports/*/report.record.json", "report.record.json", "report/report.record.json"),
    "verdict": ("*/verdicts.record.json",),
    "table": ("*/tables/*.record.json",),
    "figure": ("*/figures/*.record.json",),
    "dataset": ("*/datasets/*/record.json",),
    "run": ("*/runs/*/*/record.json",),
}


@dataclass(frozen=True)
class Entry:
    """One node of a tree, by its record."""

    tree: Tree
    path: Path
    """The record's file."""
    record: Record

    @property
    def id(self) -> str:
        """The node's id."""
        return str(self.record.node["id"])

    @property
    def kind(self) -> str:
        """The node's kind."""
        return str(self.record.node["kind"])

    @property
    def paper(self) -> str:
        """The key of its paper; empty for the report."""
        return str(self.record.node.get("paper"))

    def read(self, name: str) -> bytes | None:
        """The output ``name``, or None where the tree lacks it; raises OSError."""
        path = self.tree.inside(self.path.parent / name)
        return path.read_bytes() if path.is_file() else None


@dataclass(frozen=True)
class Inventory:
    """All nodes of a tree by id; ``problems`` names records that cannot be used."""

    folder: Path
    entries: dict[str, Entry]
    problems: tuple[str, ...] = field(default=())
    every: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    """The same with all specs that a run was made with."""

    def made_as(self, name: str, fingerprint: str) -> Entry | None:
        """The node ``name`` with this fingerprint."""
        same = self.every.get(name, ())
        return next((entry for entry in same if entry.record.fingerprint == fingerprint), None)

    @cached_property
    def scales(self) -> Counter[str]:
        """Scale -> number of nodes."""
        return Counter(str(entry.record.node.get("scale")) for entry in self.entries.values())


@dataclass(frozen=True)
class Recorded:
    """One node of today's graph, and what a tree says of it."""

    node: Node
    entry: Entry | None
    problem: str = ""
    """Why there is no entry."""

    @property
    def record(self) -> Record | None:
        """The record, where there is one."""
        return self.entry.record if self.entry else None


def take_inventory(folder: Path) -> Inventory:
    """The nodes of the tree ``folder``; where a run was made with several specs, one of them.

    Raises:
        ConfigError: ``folder`` holds no record where a tree has them.
    """
    tree = Tree(folder)
    found: dict[str, list[Entry]] = {}
    problems = []
    for kind, path in _records(folder):
        try:
            entry = Entry(tree, path, read_record(tree.inside(path)))
            if entry.record.node.get("kind") != kind or not isinstance(
                entry.record.node.get("id"), str
            ):
                raise UnreadableRecord(f"{path}: the record of another place")
            found.setdefault(entry.id, []).append(entry)
        except (UnreadableRecord, OSError, KeyError) as error:
            problems.append(str(error))
    if not found and not problems:
        raise no_tree(folder)
    named = {
        str(seen.get("fingerprint"))
        for entries in found.values()
        for entry in entries
        for seen in entry.record.inputs.values()
    }
    entries = {name: _chosen(same, named) for name, same in sorted(found.items())}
    return Inventory(folder, entries, tuple(problems), found)


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


def tree_around(path: Path) -> Path | None:
    """The nearest folder above ``path`` that is a result tree."""
    return next((place for place in path.parents if next(_records(place), None)), None)


def no_tree(folder: Path) -> ConfigError:
    """What to tell somebody who names ``folder``: what is wrong with it, and what is near."""
    what = "is no result tree (no records in it)" if folder.is_dir() else "is no folder"
    around = [folder, *folder.parents][:3]
    near = [path for place in around if place.is_dir() for path in _trees_near(place)]
    return ConfigError(f"{folder} {what}{suggest(folder, dict.fromkeys(near))}")


def _trees_near(place: Path) -> Iterator[Path]:
    for pattern in ("*", "*/*", "results/*", "results/published/*"):
        for path in sorted(place.glob(pattern))[:200]:
            if path.is_dir() and next(_records(path), None):
                yield path


def _records(folder: Path) -> Iterator[tuple[str, Path]]:
    for kind, patterns in _PLACES.items():
        for pattern in patterns:
            for path in sorted(folder.glob(pattern)):
                yield kind, path


def _chosen(same: list[Entry], named: set[str]) -> Entry:
    """Earlier specs of a run keep their folders: the one that another record names, or the last."""
    used = [entry for entry in same if entry.record.fingerprint in named]
    return (used or same)[-1]


def _recorded(node: Node, tree: Tree, fingerprint: str) -> Recorded:
    folder = tree.path(node.record).parent
    if node.kind in ("run", "dataset"):
        stem = node.folder.name.rpartition("-")[0]
        folder = folder.with_name(f"{stem}-{fingerprint[:SHORT]}")
    path = folder / Path(node.record).name
    try:
        record = read_record(tree.inside(path))
        if record.node.get("id") != node.id:
            raise UnreadableRecord(f"{path}: the record of another node")
    except FileNotFoundError:
        return Recorded(node, None, f"{tree.folder} has no record of it")
    except (UnreadableRecord, OSError) as error:
        return Recorded(node, None, str(error))
    return Recorded(node, Entry(tree, path, record))
