"""The claims that follow from some tables alone, judged from the tables of two trees."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from reprise.audit.derived import read_table
from reprise.audit.diff import VerdictPair, verdict_pairs
from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.records.tree import Tree
from reprise.specs.claims import Claims
from reprise.specs.errors import validate
from reprise.specs.verdicts import NOT_TESTED


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
    from reprise.stats.verdicts import judge
    from reprise.storage.frames import csv_bytes

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
