"""Results side by side, from their files and records alone: two nodes, or two trees.

Neither the graph nor today's code is needed, so that trees of two versions can be compared.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reprise.audit.diff import (
    IDENTICAL,
    Difference,
    Status,
    Tolerance,
    compare_contents,
    worst,
)
from reprise.graph.nodes import KINDS
from reprise.records.changes import environment_changes
from reprise.records.tree import Entry, Inventory
from reprise.specs.errors import ConfigError, suggest


@dataclass(frozen=True, kw_only=True)
class NodeDifference:
    """One node on both sides."""

    id: str
    kind: str
    files: Mapping[str, Difference]
    """Name of an output -> how its two contents compare."""
    environment: tuple[str, ...]
    """What is not the same about the environments that made it."""
    altered: tuple[str, ...] = ()
    """Files that differ from their own record, in words."""

    @property
    def status(self) -> Status:
        """The worst of the files."""
        return worst(difference.status for difference in self.files.values())

    def as_json(self) -> dict[str, Any]:
        """The node as plain values."""
        files = [{"name": name, **difference.as_json()} for name, difference in self.files.items()]
        return {**vars(self), "status": self.status, "files": files}


def environments(nodes: Iterable[NodeDifference]) -> Counter[str]:
    """What is not the same about the environments that made ``nodes`` -> number of nodes."""
    return Counter(text for node in nodes for text in node.environment)


@dataclass(frozen=True)
class VerdictPair:
    """One claim as judged on two sides; None where a side does not have it."""

    paper: str
    claim: str
    statement: str
    before: str | None
    after: str | None
    statistic_before: str | None
    statistic_after: str | None
    threshold_before: str | None
    threshold_after: str | None

    @property
    def flipped(self) -> bool:
        """Whether both sides judged it, and not alike."""
        return None not in (self.before, self.after) and self.before != self.after

    @property
    def text(self) -> str:
        """The claim with both verdicts."""
        statistics = f"{_short(self.statistic_before)} -> {_short(self.statistic_after)}"
        verdicts = f"{self.before or 'absent'} -> {self.after or 'absent'}"
        return f"{self.claim}: {verdicts} ({statistics})"


def verdict_pairs(before: bytes | None, after: bytes | None) -> tuple[VerdictPair, ...]:
    """The claims of two ``verdicts.csv`` (None: there is none), in the order of the first.

    Raises:
        ValueError: one is not a table of verdicts.
    """
    old, new = _verdicts(before), _verdicts(after)
    pairs = []
    for key in dict.fromkeys([*old, *new]):
        sides = old.get(key, {}), new.get(key, {})
        fields = ("verdict", "statistic", "threshold")
        values = (side.get(field) for field in fields for side in sides)
        pairs.append(VerdictPair(*key, (sides[1] or sides[0]).get("statement") or "", *values))
    return tuple(pairs)


def _verdicts(data: bytes | None) -> dict[tuple[str, str], dict[str, str]]:
    """``(paper, claim)`` -> its row."""
    if data is None:
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        return {(row["paper"], row["claim"]): {**row, "verdict": row["verdict"]} for row in rows}
    except (UnicodeDecodeError, csv.Error, KeyError) as error:
        raise ValueError(f"not a table of verdicts: {error}") from None


def _short(text: str | None) -> str:
    try:
        return f"{float(text or ''):.6g}"
    except ValueError:
        return text or "–"


@dataclass(frozen=True)
class Comparison:
    """Two trees, A and B."""

    a: Inventory
    b: Inventory
    tolerance: Tolerance
    nodes: tuple[NodeDifference, ...]
    verdicts: tuple[VerdictPair, ...]

    @property
    def only_a(self) -> tuple[str, ...]:
        """Ids of nodes that only A has."""
        return tuple(name for name in self.a.entries if name not in self.b.entries)

    @property
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
        a, b = (
            replace(side, entries={n: e for n, e in side.entries.items() if e.paper in papers})
            for side in (a, b)
        )
    common = [name for name in a.entries if name in b.entries]
    if not common:
        raise ConfigError(f"{a.folder} and {b.folder} have no node in common")
    pairs = [(a.entries[name], b.entries[name]) for name in common]
    nodes = [compare_entries(*pair, tolerance) for pair in pairs]
    nodes.sort(key=lambda node: (KINDS.index(node.kind), node.id))
    verdicts = [v for pair in pairs if pair[0].kind == "verdict" for v in compare_verdicts(*pair)]
    return Comparison(a, b, tolerance, tuple(nodes), tuple(verdicts))


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


def compare_outputs(
    name: str,
    contents: tuple[bytes | None, bytes | None],
    digests: tuple[str | None, str | None],
    tolerance: Tolerance,
    columns: Mapping[str, float] = {},
) -> Difference:
    """How the output ``name`` compares, given both contents and both recorded sha256.

    Contents that a side lacks (None) are compared by digest alone. ``columns`` of a table have a
    relative tolerance of their own.
    """
    before, after = contents
    if before is not None and after is not None:
        if name.endswith(".html"):
            return replace(IDENTICAL, notes=("not compared: it shows times",))
        return compare_contents(name, before, after, tolerance, columns)
    if None in digests:
        notes = (f"{'AB'[digests.index(None)]} does not record it",)
        return Difference(Status.DIFFERS, notes, by_digest=True)
    if digests[0] == digests[1]:
        return replace(IDENTICAL, notes=("by its recorded digest",), by_digest=True)
    notes = ("other bytes, by the recorded digests",)
    return Difference(Status.DIFFERS, notes, by_digest=True)


def with_order_settled(files: Mapping[str, Difference]) -> dict[str, Difference]:
    """``files`` of a figure: a drawing in another order is equal if the PNG beside it is."""
    settled = dict(files)
    for name, drawing in files.items():
        picture = files.get(name.replace(".svg", ".png"))
        alike = picture and picture.status in (Status.IDENTICAL, Status.EQUAL)
        if drawing.reordered and drawing.status is Status.DIFFERS and alike:
            settled[name] = replace(drawing, status=Status.EQUAL)
    return settled


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
