"""What a user means by a name or a path, and in which result tree it lies."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reprise.audit.verify import Audit, audit, open_tree
from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.tree import Inventory, Tree, take_inventory, tree_around
from reprise.report.trace import Target
from reprise.specs.errors import ConfigError, suggest
from reprise.specs.load import paper_keys

_ORDER = ("figure", "claim", "table", "run", "dataset", "verdict", "report")
"""Which kind a name means that several have."""
_PATHS = ("results/", "/", "./", "../")
"""Beginnings of what can be no name."""


@dataclass(frozen=True)
class Opened:
    """A target in a tree that was judged."""

    target: Target
    graph: Graph
    """What the code at hand would make."""
    audit: Audit
    inventory: Inventory
    copy: bool = False
    """True where the project's own tree has nothing of it, and this is the published copy."""

    @property
    def recorded(self) -> bool:
        """Whether the tree has a record of it."""
        return any(name in self.inventory.entries for name in self.target.nodes)


def open_target(project: Project, wanted: str, scale: str | None, folder: Path | None) -> Opened:
    """The target that ``wanted`` names, by name or by path.

    A path means the tree that it lies in; ``folder`` names a tree, too. Else it is the project's
    own, or the published copy where nothing of it was made yet.

    Raises:
        ConfigError: there is no such thing or tree; the message names the nearest.
    """
    graph, tree, rest, path = tree_of(project, wanted, scale, folder)
    published = project.path(f"results/published/{graph.config.scale}")
    if folder is None and tree.home and published.is_dir():
        inventory = _inventory(tree)
        target = find_target(graph.nodes, rest, path)
        if not inventory.entries.keys() & set(target.nodes):
            with suppress(ConfigError):
                copy = _opened(graph, Tree(published.resolve()), rest, path)
                if copy.recorded:
                    return replace(copy, copy=True)
    return _opened(graph, tree, rest, path)


def tree_of(
    project: Project, wanted: str, scale: str | None, folder: Path | None
) -> tuple[Graph, Tree, str, bool]:
    """The graph and the tree that ``wanted`` means, what it is called in it, and if by its path.

    A path names the tree, too. The scale is the one given, or that of the path, of the tree's
    records, of the config.

    Raises:
        ConfigError: there is no such tree.
    """
    place = _place_of(project, wanted)
    around, own_scale, rest = place or (None, None, wanted)
    first, _, more = rest.partition("/")
    keys = more.partition("/")[0].split("+") if first == "reports" else [first]
    chosen: dict[str, Any] = {"papers": keys if set(keys) <= set(paper_keys()) else "all"}
    if scale := scale or own_scale:
        chosen["scale"] = scale
    graph, tree = open_tree(project, folder or around, chosen)
    return graph, tree, rest, place is not None


def _place_of(project: Project, wanted: str) -> tuple[Path | None, str | None, str] | None:
    """Where the path ``wanted`` lies, seen from here or from the project; None for a name.

    Its tree (None: the project's own, which is not there yet), the scale of the project's own tree,
    and the path in the tree.

    Raises:
        ConfigError: it is a path to nothing, or to something in no result tree.
    """
    results = project.path("results")
    paths = [Path(os.path.normpath(base / wanted)) for base in (Path.cwd(), project.root)]
    there = [path for path in paths if path.is_file() or (path / "record.json").is_file()]
    if not there and not wanted.startswith(_PATHS):
        return None
    inside = [path for path in (there or paths) if path.is_relative_to(results)]
    path = (inside or there or paths)[0]
    if inside:
        first, *rest = path.relative_to(results).parts or ("",)
        if first == "published" and rest:
            return results / first / rest[0], None, "/".join(rest[1:])
        own = results / first
        return own if own.is_dir() else None, first, "/".join(rest)
    around = tree_around(path)
    if around is None:
        why = "lies in no result tree" if path.exists() else "no such file"
        raise ConfigError(f"{wanted}: {why}")
    return around, None, path.relative_to(around).as_posix()


def find_target(
    nodes: Mapping[str, Node], wanted: str, path: bool = False, kind: str | None = None
) -> Target:
    """What is called ``wanted``: an id, ``paper/name`` of any ``kind``, or a path in the tree.

    Of a figure a unique beginning will do: ``pearce2023/F1``.

    Raises:
        ConfigError: there is none; the message names the nearest.
    """
    by_path = {name: node for node in nodes.values() for name in _places(node)}
    node = by_path.get(wanted) if path else nodes.get(wanted)
    if node is not None and kind in (None, node.kind):
        return Target(node.kind, node.paper, node.name, (node.id,))
    if path:
        raise ConfigError(f"no result lies at {wanted!r}{suggest(wanted, by_path)}")
    every = (target for target in _named(nodes.values()) if kind in (None, target.kind))
    known = sorted(every, key=lambda target: _ORDER.index(target.kind))
    exact = [target for target in known if wanted in (target.short, target.id)]
    if exact:
        return exact[0]
    figures = [target for target in known if target.kind == "figure"]
    begun = [f for f in figures if f.short.lower().startswith(f"{wanted}-".lower())]
    if len(begun) == 1:
        return begun[0]
    names = {target.id if wanted.count("/") > 1 else target.short for target in known}
    what = f"no {kind}" if kind else "nothing is called"
    raise ConfigError(f"{what} {wanted!r}{suggest(wanted, names)}; see 'reprise list'")


def also_called(nodes: Mapping[str, Node], target: Target) -> list[str]:
    """Ids of what else has the name of ``target``."""
    return [t.id for t in _named(nodes.values()) if t.short == target.short and t.id != target.id]


def _opened(graph: Graph, tree: Tree, wanted: str, path: bool) -> Opened:
    keys = [paper.key for paper in graph.papers]
    one = len(keys) == 1 and wanted.partition("/")[0] in paper_keys()  # not the report
    result = audit(graph, tree, keys if one else ())
    target = find_target(result.judged.nodes, wanted, path)
    return Opened(target, graph, result, _inventory(tree))


def _inventory(tree: Tree) -> Inventory:
    """What the tree records; nothing where it is none yet."""
    with suppress(ConfigError):
        return take_inventory(tree)
    return Inventory(tree.folder, {})


def _places(node: Node) -> Iterator[str]:
    """Paths in the tree that mean ``node``."""
    folder = [str(node.folder)] if node.kind in ("run", "dataset") else []
    return (path.split("/", 2)[2] for path in (*node.outputs, node.record, *folder))


def _named(nodes: Iterable[Node]) -> Iterator[Target]:
    runs: dict[tuple[str, str], list[str]] = {}
    for node in nodes:
        if node.kind == "run":
            runs.setdefault((node.paper, node.name.rpartition("/")[0]), []).append(node.id)
            continue
        yield Target(node.kind, node.paper, node.name, (node.id,))
        claims = node.spec.get("claims") if node.kind == "verdict" else None
        for claim in claims if isinstance(claims, dict) else ():
            yield Target("claim", node.paper, claim, (node.id,))
    for (paper, name), ids in runs.items():
        yield Target("run", paper, name, tuple(ids))
