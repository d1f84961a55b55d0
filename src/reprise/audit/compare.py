"""Results side by side, from their files and records alone: two nodes, or two trees.

Neither the graph nor today's code is needed, so that trees of two versions can be compared.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

from reprise.audit.diff import (
    NodeDifference,
    Status,
    Tolerance,
    VerdictPair,
    compare_outputs,
    verdict_pairs,
    with_order_settled,
)
from reprise.graph.nodes import KINDS
from reprise.records.changes import environment_changes
from reprise.records.tree import Entry, Inventory
from reprise.specs.errors import ConfigError, suggest


@dataclass(frozen=True)
class Comparison:
    """Two trees, A and B."""

    a: Inventory
    b: Inventory
    tolerance: Tolerance
    nodes: tuple[NodeDifference, ...]
    verdicts: tuple[VerdictPair, ...]

    @cached_property
    def only_a(self) -> tuple[str, ...]:
        """Ids of nodes that only A has."""
        return tuple(name for name in self.a.entries if name not in self.b.entries)

    @cached_property
    def only_b(self) -> tuple[str, ...]:
        """Ids of nodes that only B has."""
        return tuple(name for name in self.b.entries if name not in self.a.entries)

    @property
    def exit_code(self) -> int:
        """4 where a verdict flips, else 3 where a table differs, else 0."""
        if any(pair.flipped for pair in self.verdicts):
            return 4
        tables = self.of("table", "verdict")
        return 3 if any(node.status is Status.DIFFERS for node in tables) else 0

    def of(self, *kinds: str) -> tuple[NodeDifference, ...]:
        """The nodes of these kinds."""
        return tuple(node for node in self.nodes if node.kind in kinds)


def compare(
    a: Inventory, b: Inventory, tolerance: Tolerance, papers: Collection[str] = ()
) -> Comparison:
    """Compare what ``a`` and ``b`` hold, or only what they hold of ``papers``.

    Raises:
        ConfigError: neither tree has such a paper, or they have no node in common.
    """
    if papers:
        known = sorted({e.paper for side in (a, b) for e in side.entries.values()} - {""})
        for paper in papers:
            if paper not in known:
                raise ConfigError(f"neither tree has a paper {paper!r}{suggest(paper, known)}")
        a, b = _only(a, papers), _only(b, papers)
    common = [name for name in a.entries if name in b.entries]
    if not common:
        raise ConfigError(f"{a.folder} and {b.folder} have no node in common")
    pairs = [(a.entries[name], b.entries[name]) for name in common]
    nodes = [compare_entries(*pair, tolerance) for pair in pairs]
    nodes.sort(key=lambda node: (KINDS.index(node.kind), node.id))
    verdicts = [v for pair in pairs if pair[0].kind == "verdict" for v in compare_verdicts(*pair)]
    return Comparison(a, b, tolerance, tuple(nodes), tuple(verdicts))


def _only(side: Inventory, papers: Collection[str]) -> Inventory:
    return replace(side, entries={n: e for n, e in side.entries.items() if e.paper in papers})


def compare_entries(a: Entry, b: Entry, tolerance: Tolerance) -> NodeDifference:
    """One node as two trees hold it; tolerances of columns are those that the record of B names."""
    files, altered = {}, []
    columns = b.record.node.get("tolerance") or {}
    for name in dict.fromkeys([*a.record.outputs, *b.record.outputs]):
        (x, of_a), (y, of_b) = _content(a, name), _content(b, name)
        digests = (a.record.outputs.get(name), b.record.outputs.get(name))
        files[name] = compare_outputs(name, (x, y), digests, tolerance, columns)
        altered += [f"{side}: {text}" for side, text in (("A", of_a), ("B", of_b)) if text]
    return NodeDifference(
        id=a.id,
        kind=a.kind,
        files=with_order_settled(files),
        environment=environment_changes(a.record, b.record),
        altered=tuple(altered),
    )


def compare_verdicts(a: Entry, b: Entry) -> tuple[VerdictPair, ...]:
    """The claims of a paper that both sides have judged; none where a side is unreadable."""
    sides = [_content(entry, "verdicts.csv")[0] for entry in (a, b)]
    try:
        return () if None in sides else verdict_pairs(*sides)
    except ValueError:
        return ()  # the node's own difference says so


def _content(entry: Entry, name: str) -> tuple[bytes | None, str]:
    """The output ``name``, and what is wrong with it."""
    try:
        data = entry.read(name)
    except OSError as error:
        return None, str(error)
    if data is None or hashlib.sha256(data).hexdigest() == entry.record.outputs.get(name):
        return data, ""
    return data, f"{name} differs from its record"
