"""Two result trees side by side, from their files and records alone.

No graph and no code of today is asked, so that trees of two versions can be compared.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from reprise.graph.nodes import KINDS
from reprise.provenance.changes import VerdictPair, environment_changes, verdict_pairs
from reprise.provenance.comparison import Difference, Status, Tolerance, worst
from reprise.provenance.contents import compare
from reprise.records.inventory import Entry, Inventory, OutsideTree
from reprise.specs.errors import ConfigError

SAME, TABLES, VERDICTS = 0, 3, 4
"""Exit codes: nothing that counts differs; tables do; a verdict flips."""


@dataclass(frozen=True)
class FilePair:
    """One output that both sides record."""

    name: str
    difference: Difference
    by_digest: bool
    """Compared by recorded digests only: a side was published without the file."""


@dataclass(frozen=True)
class NodePair:
    """One node that both sides have."""

    id: str
    kind: str
    paper: str
    name: str
    files: tuple[FilePair, ...]
    environment: tuple[str, ...]
    altered: tuple[str, ...] = ()
    """Files that differ from their own record, in words."""

    @property
    def status(self) -> Status:
        """The worst of the files."""
        return worst(file.difference.status for file in self.files)


@dataclass(frozen=True)
class SideBySide:
    """Two trees, A and B."""

    a: Inventory
    b: Inventory
    tolerance: Tolerance
    nodes: tuple[NodePair, ...]
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
            return VERDICTS
        differs = any(n.kind in ("table", "verdict") and n.status == "differs" for n in self.nodes)
        return TABLES if differs else SAME

    def of(self, *kinds: str) -> tuple[NodePair, ...]:
        """The nodes of these kinds."""
        return tuple(node for node in self.nodes if node.kind in kinds)

    @property
    def environments(self) -> dict[str, int]:
        """What is not the same about the environments -> number of nodes."""
        counts: dict[str, int] = {}
        for node in self.nodes:
            for text in node.environment:
                counts[text] = counts.get(text, 0) + 1
        return counts


def side_by_side(a: Inventory, b: Inventory, tolerance: Tolerance) -> SideBySide:
    """Compare what ``a`` and ``b`` hold.

    Raises:
        ConfigError: they have no node in common.
    """
    common = [name for name in a.entries if name in b.entries]
    if not common:
        raise ConfigError(f"{a.folder} and {b.folder} have no node in common")
    nodes = [_pair(a.entries[name], b.entries[name], tolerance) for name in common]
    nodes.sort(key=lambda node: (KINDS.index(node.kind), node.id))
    return SideBySide(a, b, tolerance, tuple(nodes), tuple(_verdicts(a, b)))


def _verdicts(a: Inventory, b: Inventory) -> Iterable[VerdictPair]:
    """The claims of papers that both sides have judged."""
    for name, entry in a.entries.items():
        if entry.kind == "verdict" and name in b.entries:
            try:
                sides = [_content(e, "verdicts.csv")[0] for e in (entry, b.entries[name])]
                if None not in sides:
                    yield from verdict_pairs(*sides)
            except ValueError:
                continue  # the node's own difference says so


def _pair(a: Entry, b: Entry, tolerance: Tolerance) -> NodePair:
    names = dict.fromkeys([*a.record.outputs, *b.record.outputs])
    sides = {name: (_content(a, name), _content(b, name)) for name in names}
    altered = [
        f"{side}: {note}"
        for pair in sides.values()
        for side, (_, note) in zip("AB", pair, strict=True)
        if note
    ]
    return NodePair(
        id=a.id,
        kind=a.kind,
        paper=str(a.record.node.get("paper", "")),
        name=str(a.record.node.get("name", "")),
        files=tuple(_file(name, a, b, x, y, tolerance) for name, ((x, _), (y, _)) in sides.items()),
        environment=environment_changes(a.record, b.record),
        altered=tuple(altered),
    )


def _file(
    name: str, a: Entry, b: Entry, x: bytes | None, y: bytes | None, tolerance: Tolerance
) -> FilePair:
    if x is not None and y is not None:
        if name.endswith(".html"):
            return FilePair(name, Difference("identical", ("not compared: it shows times",)), False)
        return FilePair(name, compare(name, x, y, tolerance), False)
    digests = [entry.record.outputs.get(name) for entry in (a, b)]
    if None in digests:
        side = "AB"[digests.index(None)]
        return FilePair(name, Difference("differs", (f"{side} does not record it",)), True)
    if digests[0] == digests[1]:
        return FilePair(name, Difference("identical", ("by its recorded digest",)), True)
    return FilePair(name, Difference("differs", ("other bytes, by the recorded digests",)), True)


def _content(entry: Entry, name: str) -> tuple[bytes | None, str]:
    """The output ``name``, and what is wrong with it."""
    try:
        data = entry.read(name)
    except (OSError, OutsideTree) as error:
        return None, str(error)
    if data is None or hashlib.sha256(data).hexdigest() == entry.record.outputs.get(name):
        return data, ""
    return data, f"{name} differs from its record"
