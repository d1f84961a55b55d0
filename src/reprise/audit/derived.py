"""Verdicts and the report's rows, derived again from a tree's own tables: they are not believed.

A verdict follows from the criterion that its record names and from tables of the same tree. Where a
file says otherwise, its digests may agree with every record: it was written by another hand.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from reprise.audit.compare import VerdictPair, verdict_pairs
from reprise.audit.diff import Tolerance, magnitudes, within
from reprise.graph.build import KINDS, Graph, rounding_digests
from reprise.graph.closure import closure
from reprise.graph.nodes import Node
from reprise.records.changes import rule_changes
from reprise.records.record import UnreadableRecord, read_record
from reprise.records.state import State
from reprise.records.tree import Tree
from reprise.specs.claims import NOT_TESTED, SLUG, Claim, Claims
from reprise.specs.errors import ConfigError, validate

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = Tolerance(relative=1e-6, absolute=0.0)
"""The last digits of a mean differ from processor to processor."""
Faults = Callable[[Node, list[Node], Tree], Iterator[str]]
"""What of a node its parents contradict, in words."""
JUDGED_OTHERWISE = "judged by other code; that at hand says otherwise from the same tables"
_NUMBERS = ("statistic", "low", "high")
_WORDED = ("gate", "networks", "reason")
_PAGE_ROW = re.compile(r'<tr class="claim ([\w-]+)" id="[\w-]+" data-claim="([\w-]+)/([\w-]+)"')


def with_derived(
    nodes: Mapping[str, Node], states: Mapping[str, State], tree: Tree, earlier: Collection[str]
) -> dict[str, State]:
    """``states``, but what contradicts the tables of its own tree is tampered.

    Judged are verdicts and reports that are valid themselves, as are all that they were made from.
    Verdicts of ``earlier_rules`` are stale instead: their code may have judged so, or may not. What
    their code said in its own words is compared by the numbers in it.
    """
    derived = dict(states)
    for kind in ("verdict", "report"):
        for name in [name for name, node in nodes.items() if node.kind == kind]:
            wrong = _contradictions(nodes[name], nodes, derived, tree, name in earlier)
            if wrong and kind == "verdict" and name in earlier:
                derived[name] = State("stale", (JUDGED_OTHERWISE, *wrong))
            elif wrong:
                derived[name] = State("tampered", wrong)
    return derived


def _contradictions(
    node: Node, nodes: Mapping[str, Node], states: Mapping[str, State], tree: Tree, earlier: bool
) -> tuple[str, ...]:
    """What the node's valid parents say otherwise; nothing where one of them is not valid."""
    parents = [nodes[parent] for parent in node.inputs if parent in states]
    own = [states.get(one.id) for one in (node, *parents)]
    if len(parents) < len(node.inputs) or not all(state and state.valid for state in own):
        return ()
    judged = node.kind == "verdict"
    faults: Faults = partial(_judged_otherwise if judged else _reported_otherwise, earlier)
    try:
        return _lacking(node, tree) or tuple(faults(node, parents, tree))
    except (LookupError, TypeError, ValueError) as error:
        return (f"cannot be derived again: {error}",)


def _lacking(node: Node, tree: Tree) -> tuple[str, ...]:
    """What is wrong with the head of a table of verdicts: columns that are not there."""
    from reprise.stats.verdicts import COLUMNS

    path = node.output(".csv")
    with tree.path(path).open(encoding="utf-8", errors="replace", newline="") as file:
        head = next(csv.reader(file), [])
    gone = [name for name in COLUMNS if name not in head]
    return (f"{tree.title(path)} lacks columns: {', '.join(gone)}",) if gone else ()


def earlier_rules(nodes: Iterable[Node]) -> set[str]:
    """Ids of verdicts, and of reports of them, that other code than today's judged.

    So were those judged beside other verdicts with other rounding than are kept today.
    """
    now = set(closure(KINDS["verdict"].code).values())
    earlier: set[str] = set()
    for node in nodes:
        other = node.kind == "verdict" and not (
            now <= set(node.code.values()) and node.files == rounding_digests(node.paper)
        )
        if other or (node.kind == "report" and earlier & set(node.inputs)):
            earlier.add(node.id)
    return earlier


def changed_rules(today: Iterable[Node], tree: Tree) -> dict[str, str]:
    """``paper/claim`` -> what became of its rule since ``tree`` judged it, if it is another now."""
    changed = {}
    for node in today:
        if node.kind == "verdict":
            with suppress(UnreadableRecord, OSError, LookupError, TypeError, AttributeError):
                record = read_record(tree.inside(tree.path(node.record)))
                for claim, texts in rule_changes(record, node.spec).items():
                    what = {"added": "new", "removed": "gone"}.get(texts[0], "changed")
                    changed[f"{node.paper}/{claim}"] = what
    return changed


def _judged_otherwise(earlier: bool, node: Node, parents: list[Node], tree: Tree) -> Iterator[str]:
    from reprise.jobs.make import other_rounding
    from reprise.stats.verdicts import judge

    try:
        claims = validate(Claims, node.spec, node.id)
        tables = {parent.name: read_table(parent, tree) for parent in parents}
        right = judge(claims, tables, node.paper, node.scale, other_rounding(node.paper))
    except (ConfigError, ValueError, KeyError) as error:
        yield f"its claims cannot be judged again: {error}"
        return
    said = read_table(node, tree)
    if sorted(said["claim"]) != sorted(right["claim"]):
        yield "its claims are not those of its record"
        return
    for claim in right["claim"]:
        was, is_ = (frame[frame["claim"] == claim].iloc[0] for frame in (said, right))
        if faults := list(_row_faults(claims.claims[claim], was, is_, earlier)):
            yield f"claim {claim}: {', '.join(faults)}"


def _row_faults(
    claim: Claim, said: "pd.Series", right: "pd.Series", earlier: bool
) -> Iterator[str]:
    if said["verdict"] != right["verdict"]:
        yield (
            f"says {said['verdict']!r}, but table {claim.criterion.table} has "
            f"{right['statistic']:.6g} where {right['threshold']} is asked: {right['verdict']!r}"
        )
    for column in right.index.drop("verdict"):
        if not _alike(column, said[column], right[column], earlier):
            yield f"{column} is {said[column]}, derived {right[column]}"


def _alike(column: str, said: object, right: object, earlier: bool) -> bool:
    if column in _NUMBERS:
        pair = (np.array(float(str(value))) for value in (said, right))
        return bool(within(*magnitudes(*pair), TOLERANCE))
    # An empty cell is read as NaN.
    texts = ["" if cell != cell else str(cell) for cell in (said, right)]
    if earlier and column in _WORDED:
        return re.findall(r"\d+", texts[0]) == re.findall(r"\d+", texts[1])
    return texts[0] == texts[1]


def _reported_otherwise(
    earlier: bool, node: Node, parents: list[Node], tree: Tree
) -> Iterator[str]:
    """Where the report does not say what the tree's verdicts are.

    A page of ``earlier`` code that has no row of today's layout is not read.
    """
    rows = {
        (row.paper, row.claim): row
        for parent in parents
        if parent.kind == "verdict"
        for row in read_table(parent, tree).itertuples(index=False)
    }
    said = {(row.paper, row.claim): row for row in read_table(node, tree).itertuples(index=False)}
    for key in [key for key in {**rows, **said} if repr(rows.get(key)) != repr(said.get(key))]:
        yield f"verdicts.csv: claim {'/'.join(key)} is not as the paper's own verdicts have it"
    right = {key: row.verdict for key, row in rows.items()}
    for path in (PurePosixPath(path) for path in node.outputs if path.endswith(".html")):
        whole = {key for key in right if path.stem in ("index", key[0])}
        text = tree.path(str(path)).read_text(encoding="utf-8")
        if earlier and not _PAGE_ROW.search(text):
            continue
        yield from (f"{path.name}: {fault}" for fault in _shown_otherwise(text, right, whole))


def _shown_otherwise(
    text: str, right: Mapping[tuple[str, str], str], whole: Collection[tuple[str, str]]
) -> Iterator[str]:
    """Rows of a page that are not as ``right`` (claim -> verdict), and claims that it lacks."""
    shown = [((paper, claim), slug) for slug, paper, claim in _PAGE_ROW.findall(text)]
    for key, slug in shown:
        verdict = right.get(key, "no claim")
        if SLUG.get(verdict) != slug:
            yield f"claim {'/'.join(key)} is shown as {slug!r}, it is {verdict!r}"
    for key in sorted(set(whole) - set(dict(shown))):
        yield f"claim {'/'.join(key)} is not shown"


def read_table(node: Node, tree: Tree) -> "pd.DataFrame":
    """The table of ``node`` in ``tree``, or its verdicts."""
    from reprise.results import parse_csv

    with tree.inside(tree.path(node.output(".csv"))).open("rb") as file:
        return parse_csv(file)


def claims_again(
    graph: Graph, names: Iterable[str], before: Tree, after: Tree
) -> tuple[VerdictPair, ...]:
    """Every claim that the tables among ``names`` (ids) decide, as both trees have it.

    Each is judged whatever the scale; left out are those whose gate neither side meets.
    """
    tables: dict[str, dict[str, Node]] = {}
    for node in (graph.nodes[name] for name in names):
        if node.kind == "table":
            tables.setdefault(node.paper, {})[node.name] = node
    return tuple(
        pair
        for paper, own in tables.items()
        if (verdict := graph.nodes.get(f"{paper}/verdict/verdicts"))
        for pair in _pairs(verdict, own, before, after)
        if {pair.before, pair.after} != {NOT_TESTED}
    )


def _pairs(
    verdict: Node, tables: Mapping[str, Node], before: Tree, after: Tree
) -> Iterator[VerdictPair]:
    from reprise.results import csv_bytes
    from reprise.stats.verdicts import judge

    frames = [
        {name: read_table(table, tree) for name, table in tables.items()}
        for tree in (before, after)
    ]
    for claim in decided_by(validate(Claims, verdict.spec, verdict.id), tables, verdict.scale):
        try:
            judged = [
                csv_bytes(judge(claim, side, verdict.paper, verdict.scale)) for side in frames
            ]
        except ValueError:  # a scale that is too small may lack the rows
            continue
        yield from verdict_pairs(*judged)


def decided_by(claims: Claims, tables: Collection[str], scale: str) -> Iterator[Claims]:
    """Each of ``claims`` whose criteria and gate read no other than ``tables``; for ``scale``."""
    for name, claim in claims.claims.items():
        gates = {claim.gate: claims.gates[claim.gate]} if claim.gate else {}
        one = Claims(gates=gates, claims={name: claim.model_copy(update={"scales": (scale,)})})
        if set(one.tables) <= set(tables):
            yield one
