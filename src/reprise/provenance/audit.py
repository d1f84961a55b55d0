"""Judge a whole tree from content: every node, the checkpoints of every run, every locked file."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256 as sha256_of
from itertools import islice
from pathlib import Path

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.provenance.checkpoints import (
    UNNOTED,
    BadNotes,
    end_faults,
    faults,
    read_notes,
    start_faults,
)
from reprise.records.record import UnreadableRecord, read_record
from reprise.records.state import STALE, TAMPERED, State, exit_code, states, withheld
from reprise.records.tree import BadLock, Tree, lock_lines
from reprise.storage.atomic import sha256
from reprise.storage.tensors import DamagedFile, read_tensors

VERDICTS = {0: "verified", STALE: "stale or incomplete", TAMPERED: "not to be trusted"}
OTHER_VERSIONS = "made with other versions; its initialisation was not computed again"
_PARAMS = "params.safetensors"
_NAMED = 20
"""Broken rules of one run that are named before the rest is counted."""
_THREADS = 4

Initial = Callable[[Node], Sequence[str]]
"""Digest of each member's seeded initialisation, computed again."""


@dataclass(frozen=True)
class Audit:
    """What a tree was found to be."""

    tree: Tree
    scale: str
    papers: tuple[str, ...]
    nodes: dict[str, State]
    files: dict[str, State]
    """Faults of files that the lock lists and no node makes, by path in the tree."""
    withheld: dict[str, tuple[str, ...]]
    """Node -> paths of checkpoints that the tree was made without on purpose."""
    unclaimed: tuple[str, ...]
    """Files in the tree that no node makes, by path in it; earlier runs lie here, too."""
    notes: dict[str, str]
    """Node -> what was not checked, and why."""

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


def audit(
    graph: Graph, tree: Tree, papers: Collection[str] = (), initial: Initial | None = None
) -> Audit:
    """Judge all nodes of ``graph`` in ``tree``, or only those of ``papers``; writes nothing."""
    chosen = [node for node in graph.nodes.values() if not papers or node.paper in papers]
    claimed = {tree.name(path) for node in chosen for path in (*node.outputs, node.record)}
    locked, damage = _locked(tree)
    ours = {name for name in locked if not papers or name.partition("/")[0] in papers}
    tree = replace(tree, digests=dict(_digests(tree, sorted(claimed | ours))))
    known = states(graph, tree)
    nodes = {node.id: known[node.id] for node in chosen}
    notes: dict[str, str] = {}
    for node in chosen:
        if node.kind == "run" and nodes[node.id].valid:
            nodes[node.id] = _with_checkpoints(node, tree, nodes[node.id], notes, initial)
    files = dict(_file_states(tree, locked, sorted(ours - claimed)))
    if damage:
        files["lock.txt"] = State("unverifiable", (damage,))
    present = (name for name in tree.files() if name not in claimed)
    return Audit(
        tree=tree,
        scale=graph.config.scale,
        papers=tuple(papers) or tuple(paper.key for paper in graph.papers),
        nodes=nodes,
        files=files,
        withheld={} if damage else {n.id: w for n in chosen if (w := tuple(withheld(n, tree)))},
        unclaimed=tuple(n for n in present if not papers or n.partition("/")[0] in papers),
        notes=notes,
    )


def _locked(tree: Tree) -> tuple[dict[str, str], str]:
    try:
        return tree.lock or {}, ""
    except BadLock as error:
        return {}, str(error)


def _digests(tree: Tree, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    def one(name: str) -> tuple[str, str]:
        path = tree.folder / name
        try:
            return name, sha256(path) if path.is_file() and not tree.leaves(path) else ""
        except OSError:
            # Whoever asks for this file is told why.
            return name, ""

    with ThreadPoolExecutor(_THREADS) as pool:
        yield from ((name, found) for name, found in pool.map(one, names) if found)


def _file_states(
    tree: Tree, locked: dict[str, str], names: Iterable[str]
) -> Iterator[tuple[str, State]]:
    for name in names:
        found = tree.digests.get(name)
        if found is None:
            yield name, State("missing", ("listed in the lock, not in the tree",))
        elif found != locked[name]:
            yield name, State("tampered", ("differs from the lock",))


def _with_checkpoints(
    node: Node, tree: Tree, state: State, notes: dict[str, str], initial: Initial | None
) -> State:
    if initial and state.name == "behind":
        initial, notes[node.id] = None, OTHER_VERSIONS
    try:
        broken = list(_broken_rules(node, tree, notes, initial))
    except (BadNotes, DamagedFile, UnreadableRecord, OSError) as error:
        broken = [str(error).replace(f"{tree.folder}/", "")]
    return State("tampered", tuple(broken)) if broken else state


def _broken_rules(
    node: Node, tree: Tree, notes: dict[str, str], initial: Initial | None
) -> Iterator[str]:
    record = read_record(tree.path(node.record))
    noted = read_notes(record)
    if noted is None:
        notes[node.id] = UNNOTED
        return
    found = faults(noted)
    yield from islice(found, _NAMED)
    if rest := sum(1 for _ in found):
        yield f"and {rest} more"
    params = [path for path in node.outputs if Path(path).name == _PARAMS]
    for path in params:
        if tree.path(path).is_file():
            arrays, _ = read_tensors(tree.path(path), record.outputs[_PARAMS])
            yield from end_faults(noted, arrays)
    if initial:
        yield from start_faults(noted, initial(node))
