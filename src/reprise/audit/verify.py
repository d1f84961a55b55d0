"""Prove a tree from its content: every node, the checkpoints of every run, every locked file.

A tree is judged by the graph of today: what that would make otherwise is stale. A published tree
belongs to the release on its stamp, so there the records themselves are the graph, and that the
code at hand would make some of it again is told and no fault.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256 as sha256_of
from pathlib import Path, PurePosixPath
from typing import Any

from reprise.audit.checkpoints import Initial, check_runs
from reprise.audit.derived import changed_rules, earlier_rules, with_derived
from reprise.graph.build import Graph, build
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.record import line_endings
from reprise.records.state import (
    STALE,
    TAMPERED,
    State,
    exit_code,
    own_state,
    states,
    to_make,
    withheld,
)
from reprise.records.tree import (
    LOCK,
    RELEASE,
    BadLock,
    BadRelease,
    Entry,
    Inventory,
    Release,
    Tree,
    lock_lines,
    no_tree,
    read_release,
    take_inventory,
)
from reprise.specs.errors import ConfigError
from reprise.specs.load import load_config
from reprise.storage.atomic import sha256

VERDICTS = {0: "verified", STALE: "stale or incomplete", TAMPERED: "not to be trusted"}
EARLIER_CODE = "judged by other code; that at hand says the same"
_THREADS = 4


@dataclass(frozen=True)
class Audit:
    """What a tree was found to be."""

    tree: Tree
    scale: str
    papers: tuple[str, ...]
    judged: Graph
    """The nodes that were judged; those of a published tree are as its records say."""
    nodes: dict[str, State]
    files: dict[str, State]
    """Faults of files that the lock lists and no node makes, by path in the tree."""
    withheld: dict[str, tuple[str, ...]]
    """Node -> paths of checkpoints that the tree was made without on purpose."""
    unclaimed: tuple[str, ...]
    """Files in the tree that no node makes, by path in it; earlier runs lie here, too."""
    notes: dict[str, str]
    """Node -> what was not checked, and why."""
    release: Release | None = None
    """The stamp of a published tree."""
    again: int = 0
    """Nodes that the code at hand would make again; counted in a published tree only."""
    changed_rules: Mapping[str, str] = field(default_factory=dict)
    """``paper/claim`` -> changed, new or gone, of claims whose rule is another today."""

    @property
    def exit_code(self) -> int:
        """0 if all may be used, 4 if anything is tampered or unverifiable, else 3."""
        return exit_code([*self.nodes.values(), *self.files.values()])

    @property
    def verdict(self) -> str:
        """The exit code in words."""
        return VERDICTS[self.exit_code]

    @property
    def counts(self) -> Counter[str]:
        """State -> number of nodes."""
        return Counter(state.name for state in self.nodes.values())

    @property
    def faults(self) -> dict[str, State]:
        """Everything that is not current, by node or file."""
        return {k: s for k, s in (self.nodes | self.files).items() if s.name != "current"}

    @cached_property
    def digest(self) -> str:
        """sha256 of a lock of the files that were read; of ``lock.txt`` if it lists just them."""
        return sha256_of(lock_lines(sorted(self.tree.digests.items())).encode()).hexdigest()

    def name(self, root: Path) -> str:
        """The tree's folder from the project's ``root``; its last part where it lies elsewhere."""
        folder, place = self.tree.folder.resolve(), root.resolve()
        inside = folder.is_relative_to(place)
        return folder.relative_to(place).as_posix() if inside else folder.name


def open_tree(
    project: Project, folder: Path | None, chosen: Mapping[str, Any]
) -> tuple[Graph, Tree]:
    """The tree ``folder`` (None: the project's own), and the graph of today at its scale.

    ``chosen`` goes on top of ``config.yaml``.

    Raises:
        ConfigError: ``folder`` is no result tree, or not one of the chosen scale.
    """
    scale, tree = find_tree(project, folder, chosen.get("scale"))
    return build(load_config(project.config, {**chosen, "scale": scale})), tree


def find_tree(project: Project, folder: Path | None, requested: str | None) -> tuple[str, Tree]:
    """Scale and tree that a user means: ``folder``, or the project's own.

    Raises:
        ConfigError: ``folder`` is no result tree, or not one of the requested scale.
    """
    if folder is None:
        scale = requested or load_config(project.config).scale
        return scale, Tree.own(project.root, scale)
    if not folder.is_dir():
        raise no_tree(folder)
    results = project.path("results").resolve()
    if folder.resolve().parent == results and folder.name != "published":
        scale, tree = folder.name, Tree.own(project.root, folder.name)
    else:
        scale, tree = _recorded_scale(take_inventory(folder), requested), Tree(folder.resolve())
    if requested not in (None, scale):
        raise ConfigError(f"--scale {requested}: {folder} is of scale {scale}")
    return scale, tree


def _recorded_scale(inventory: Inventory, requested: str | None) -> str:
    scales = sorted(inventory.scales)
    if len(scales) > 1:
        which = {str(e.record.node.get("scale")): e.id for e in inventory.entries.values()}
        examples = ", ".join(f"{scale} ({which[scale]})" for scale in scales)
        raise ConfigError(f"{inventory.folder}: its records are of several scales: {examples}")
    if not scales and requested is None:
        raise ConfigError(f"{inventory.folder}: no readable record says its scale; give --scale")
    return scales[0] if scales else str(requested)


def audit(
    graph: Graph, tree: Tree, papers: Collection[str] = (), initial: Initial | None = None
) -> Audit:
    """Judge all nodes of ``graph`` in ``tree``, or only those of ``papers``; writes nothing."""

    def ours(node: Node) -> bool:
        return not papers or node.paper in papers

    def lies_here(name: str) -> bool:
        return not papers or name.partition("/")[0] in papers

    locked, files = dict[str, str](), dict[str, State]()
    try:
        locked = tree.lock or {}
    except BadLock as error:
        files[LOCK] = State("unverifiable", (str(error),))
    release, inventory = _released(tree, files)
    nodes = dict(graph.nodes)
    for name, entry in inventory.entries.items() if inventory else ():
        nodes[name] = recorded_node(entry, graph.config.scale)
    claimed = {
        tree.name(path)
        for node in (*graph.nodes.values(), *nodes.values())
        for path in (*node.outputs, node.record)
        if ours(node)
    }
    checked = {name for name in locked if lies_here(name) or name == RELEASE}
    tree = replace(tree, digests=dict(_digests(tree, sorted(claimed | checked))))
    files |= _file_states(tree, locked, sorted(checked - claimed))
    state_of = today = states(graph, tree)
    again: list[Node] = []
    if inventory:
        state_of = _as_released(nodes, today, inventory, tree)
        again = to_make(graph, today, list(graph.nodes))
    chosen = {name: node for name, node in nodes.items() if name in state_of and ours(node)}
    earlier = earlier_rules(chosen.values())
    state_of = with_derived(nodes, {name: state_of[name] for name in chosen}, tree, earlier)
    other = {node.id for node in again}
    chosen |= {name: graph.nodes[name] for name in chosen.keys() & graph.nodes.keys() - other}
    notes = check_runs(chosen, state_of, tree, initial, chosen.keys() - graph.nodes.keys() | other)
    for name in sorted(earlier):
        if nodes[name].kind == "verdict" and state_of[name].valid:
            notes[name] = EARLIER_CODE
    return Audit(
        tree=tree,
        scale=graph.config.scale,
        papers=tuple(papers) or tuple(paper.key for paper in graph.papers),
        judged=Graph(graph.config, nodes=chosen),
        nodes=state_of,
        files=files,
        withheld={
            name: left
            for name, node in chosen.items()
            if LOCK not in files and (left := tuple(withheld(node, tree)))
        },
        unclaimed=tuple(n for n in tree.files() if n not in {*claimed, RELEASE} and lies_here(n)),
        notes=notes,
        release=release,
        again=sum(map(ours, again)),
        changed_rules=changed_rules(filter(ours, graph.nodes.values()), tree),
    )


def _digests(tree: Tree, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    def one(name: str) -> tuple[str, str]:
        path = tree.folder / name
        try:
            return name, sha256(path) if path.is_file() and not tree.leaves(path) else ""
        except OSError:
            # Whoever asks for this file is told why.
            return name, ""

    with ThreadPoolExecutor(_THREADS) as pool:
        yield from ((name, digest) for name, digest in pool.map(one, names) if digest)


def _file_states(
    tree: Tree, locked: dict[str, str], names: Iterable[str]
) -> Iterator[tuple[str, State]]:
    for name in names:
        found = tree.digests.get(name)
        if found is None:
            yield name, State("missing", ("listed in the lock, not in the tree",))
        elif found != locked[name]:
            same_text = line_endings(tree.folder / name, locked[name])
            yield name, State("tampered", (f"differs from the lock{same_text}",))


# Published trees.


def _released(tree: Tree, files: dict[str, State]) -> tuple[Release | None, Inventory | None]:
    """The stamp of ``tree`` and what its records say; what is wrong with either into ``files``."""
    try:
        release = read_release(tree)
    except BadLock:
        return None, None
    except BadRelease as error:
        files[RELEASE] = State("unverifiable", (str(error),))
        return None, None
    if release is None:
        return None, None
    inventory = take_inventory(tree.folder)
    for problem in inventory.problems:
        name, _, reason = problem.replace(f"{tree.folder}/", "").partition(": ")
        files[name] = State("unverifiable", (reason,))
    return release, inventory


def recorded_node(entry: Entry, scale: str) -> Node:
    """The node that made an entry of a tree of ``scale``, as its own record says."""
    record, about = entry.record, entry.record.node
    seeds = about.get("seeds")
    place = PurePosixPath("results", scale, entry.path.parent.relative_to(entry.tree.folder))
    return Node(
        id=entry.id,
        kind=entry.kind,
        paper=str(about.get("paper")),
        name=str(about.get("name")),
        scale=str(about.get("scale")),
        spec=record.spec,
        code=record.code,
        inputs=tuple(record.inputs),
        files=record.files,
        fingerprint=record.fingerprint,
        outputs=tuple(f"{place}/{name}" for name in record.outputs),
        record=f"{place}/{entry.path.name}",
        seeds=tuple(s for s in seeds if isinstance(s, int)) if isinstance(seeds, list) else (),
    )


def _as_released(
    nodes: Mapping[str, Node], today: Mapping[str, State], inventory: Inventory, tree: Tree
) -> dict[str, State]:
    """States of the nodes of a published tree, whatever the code at hand would make of it.

    What that would make otherwise is judged by its own record; what has none, and is named by no
    other, is not part of the release.
    """
    state_of = {}
    for name, node in nodes.items():
        state, entry = today.get(name), inventory.entries.get(name)
        if state is None or state.name in ("stale", "missing"):
            if entry is None:
                continue
            state, _ = own_state(node, tree)
        state_of[name] = _with_inputs(entry, inventory, state) if entry and state.valid else state
    return state_of


def _with_inputs(entry: Entry, inventory: Inventory, state: State) -> State:
    """``state``, if the records in the tree are those that the entry was made from."""
    lost, other = [], []
    for name, seen in entry.record.inputs.items():
        made = inventory.entries.get(name)
        if made is None:
            lost.append(f"input {name} has no record in this tree")
            continue
        is_now = (made.record.fingerprint, made.record.outputs)
        if is_now != (seen.get("fingerprint"), seen["outputs"]):
            other.append(f"input {name} is not the one that it was made from")
    if other:
        return State("tampered", (*other, *lost))
    return State("missing", tuple(lost)) if lost else state
