"""What a result tree tells of one thing: from a claim or a picture down to seeds and processors.

Everything comes from the records in the tree. What it has no record of is as it would be made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reprise.audit.derived import read_table
from reprise.audit.verify import Audit, recorded_node
from reprise.graph.nodes import Node, ranges
from reprise.records.changes import value_changes
from reprise.records.state import State, exit_code
from reprise.records.tree import Entry, Inventory
from reprise.report.model import Deviation, Step
from reprise.report.text import NONE, duration, number, plural, published
from reprise.specs.load import deviations

_UNTRAINED = "none: no trained network"


@dataclass(frozen=True)
class Target:
    """What a user asks for."""

    kind: str
    """A kind of node, or ``claim``."""
    paper: str
    name: str
    nodes: tuple[str, ...]
    """Ids; all jobs of a run; of a claim those of its paper's verdicts."""

    @property
    def id(self) -> str:
        """``paper/kind/name``."""
        return f"{self.paper}/{self.kind}/{self.name}" if self.paper else self.kind

    @property
    def short(self) -> str:
        """``paper/name``, as people type it."""
        return f"{self.paper}/{self.name}" if self.paper else self.kind


@dataclass(frozen=True)
class ClaimTrace:
    """A claim, the rule that it was judged by, and what came out, as the tree has them.

    A tree of another version may have other fields: what is not there is not told.
    """

    name: str
    statement: str
    figure: str
    verdict: str
    required: str
    """The bounds of its criterion."""
    threshold: str
    """Where the bounds come from."""
    measured: str
    """Statistic, interval and the paper's own value."""
    networks: str
    """The seeds, and how many of them meet the criterion on their own."""
    claim: Mapping[str, Any]
    """As ``claims.yaml`` had it."""
    gate: str
    """What its gate asks; empty where it has none."""
    tables: tuple[str, ...]
    """Ids of the tables that decide it."""
    seeds: tuple[int, ...]
    """Of the trained networks behind those tables."""
    row: Mapping[str, Any]
    """Its row of the verdicts; empty where it was not judged."""
    since: str
    """What became of the rule since it was judged: changed, new or gone; empty: nothing."""

    def as_json(self) -> dict[str, Any]:
        """Everything, the criterion as ``claims.yaml`` had it."""
        return {
            **self.claim,
            "name": self.name,
            "gate_rule": self.gate,
            "tables": list(self.tables),
            "seeds": list(self.seeds),
            "verdict": dict(self.row) or None,
            "rule_since": self.since,
        }


@dataclass(frozen=True)
class Trace:
    """A target with its lineage."""

    target: Target
    audit: Audit
    claims: tuple[ClaimTrace, ...]
    """The claim; of a figure or a table those that are read off it."""
    steps: Mapping[str, Step]
    """By id, inputs before what is made from them."""
    verdicts: State | None
    """Of the verdicts that the claims' come from; None where there are none."""
    problem: str = ""
    """Why claims cannot be told."""

    @property
    def exit_code(self) -> int:
        """0 if all may be used, 4 if anything is tampered or unverifiable, else 3."""
        verdicts = [self.verdicts] if self.verdicts and self.claims else []
        return exit_code([*verdicts, *(step.state for step in self.steps.values())])

    @cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        """Where the replication differs from its paper."""
        own = deviations(self.target.paper) if self.target.paper else []
        return tuple(Deviation(*row) for row in own)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the trained networks behind it; of a data set its own."""
        own = [step for step in self.steps.values() if step.id in self.target.nodes]
        return training_seeds(self.steps) or tuple(sorted({s for step in own for s in step.seeds}))

    @property
    def title(self) -> str:
        """The title of a figure, the statement of a claim, else nothing."""
        if self.target.kind == "claim":
            return self.claims[0].statement if self.claims else ""
        step = self.steps[self.target.nodes[0]]
        return str(step.record.node.get("title", "")) if step.record else ""

    def picture(self) -> bytes | None:
        """The figure of the target, or the one that its claim is read off; None if not there."""
        name = self.target.name
        if self.target.kind == "claim" and self.claims:
            name = self.claims[0].figure
        tree = self.audit.tree
        try:
            node = self.audit.judged.nodes[f"{self.target.paper}/figure/{name}"]
            return tree.inside(tree.path(node.output(".svg"))).read_bytes()
        except (LookupError, OSError):
            return None


def trace(
    audit: Audit, inventory: Inventory, target: Target, defaults: Mapping[str, Node]
) -> Trace:
    """The lineage of ``target``, by the records of ``inventory``.

    ``defaults`` are the nodes that the papers' own files describe, without the user's choices.

    Raises:
        ConfigError: the tree's records go round in a circle.
    """
    tracer = _Tracer(audit, inventory, defaults)
    verdict = f"{target.paper}/verdict/verdicts"
    try:
        claims, problem = tuple(tracer.claims(verdict, target)), ""
    except (ValueError, OSError) as error:
        claims, problem = (), str(error)
    only = tuple(table for claim in claims for table in claim.tables)
    steps = tracer.steps(target.nodes, only if target.kind == "claim" else ())
    return Trace(target, audit, claims, steps, audit.nodes.get(verdict), problem)


class _Tracer:
    """What the nodes of a tree say."""

    def __init__(self, audit: Audit, inventory: Inventory, defaults: Mapping[str, Node]) -> None:
        self.audit, self.inventory, self.defaults = audit, inventory, defaults
        self.planned = audit.judged.nodes

    def steps(self, names: Sequence[str], only: Sequence[str] = ()) -> dict[str, Step]:
        """``names`` and what they were made from; of the inputs of ``names`` maybe ``only`` a few.

        Raises:
            ConfigError: the records go round in a circle.
        """
        lineage = self.inventory.lineage(names, self.planned, only)
        return {
            name: self._step(name, entry, only if name in names else ())
            for name, entry in lineage.items()
        }

    def claims(self, verdict: str, target: Target) -> Iterator[ClaimTrace]:
        """The claims of ``target``; raises ValueError or OSError where verdicts are unreadable."""
        entry, node = self.inventory.last(verdict, self.planned), self.planned.get(verdict)
        spec = entry.record.spec if entry else node.spec if node else {}
        gates = _mapping(spec.get("gates"))
        rows = self._rows(node) if entry and node else {}
        for name, claim in _mapping(spec.get("claims")).items():
            claim, gate = _mapping(claim), _mapping(gates.get(str(_mapping(claim).get("gate"))))
            criteria = (claim.get("criterion"), claim.get("partly"), gate.get("criterion"))
            names = dict.fromkeys(str(c["table"]) for c in map(_mapping, criteria) if "table" in c)
            whose = {"claim": (name,), "figure": (claim.get("figure"),), "table": names}
            if target.name not in whose.get(target.kind, ()):
                continue
            tables = tuple(f"{target.paper}/table/{table}" for table in names)
            wanted = f"{gate.get('statement')} ({rule(_mapping(gate.get('criterion')))})"
            row, seeds = rows.get(name, {}), training_seeds(self.steps(tables))
            counted = f"; {row['networks']}" if row.get("networks") else ""
            source = claim.get("threshold") or claim.get("threshold_source") or ""
            yield ClaimTrace(
                name=name,
                statement=str(claim.get("statement", "")),
                figure=str(claim.get("figure", "")),
                verdict=str(row.get("verdict") or "not judged yet"),
                required=bounds(_mapping(claim.get("criterion"))),
                threshold=": ".join(map(str, _mapping(source).values())) or str(source),
                measured=_measured(row),
                networks=f"{ranges(seeds) or _UNTRAINED}{counted}",
                claim=claim,
                gate=wanted if gate else "",
                tables=tables,
                seeds=seeds,
                row=row,
                since=self.audit.changed_rules.get(f"{target.paper}/{name}", ""),
            )

    def _rows(self, node: Node) -> dict[str, dict[str, Any]]:
        frame = read_table(node, self.audit.tree)
        if "claim" not in frame.columns:
            raise ValueError("verdicts.csv has no column 'claim'")
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        return {str(row["claim"]): {str(k): v for k, v in row.items()} for row in rows}

    def _step(self, name: str, entry: Entry | None, only: Sequence[str]) -> Step:
        planned = self.planned.get(name)
        node = recorded_node(entry, self.audit.scale) if entry else planned
        kind = planned.kind if planned else name.split("/")[1] if name.count("/") > 1 else name
        lost = State("missing", ("the tree has no record of the one that was used",))
        state = self.audit.nodes.get(name, lost)
        if entry is None and self.inventory.entries and state.valid:
            state = lost
        return Step(
            id=name,
            kind=kind,
            state=state,
            inputs=tuple(i for i in node.inputs if not only or i in only) if node else (),
            fingerprint=node.fingerprint if node else "",
            record=entry.record if entry else None,
            spec=node.spec if node else {},
            seeds=node.seeds if node else (),
            files=node.files if node else {},
            changed=self._changed(name, kind, node.spec if node else {}),
        )

    def _changed(self, name: str, kind: str, spec: Mapping[str, Any]) -> tuple[str, ...]:
        default = self.defaults.get(name)
        if default is None or kind not in ("run", "dataset", "table"):
            return ()
        plain, own = ({k: v for k, v in s.items() if k != "entry"} for s in (default.spec, spec))
        return tuple(value_changes(plain, own))


def training_seeds(steps: Mapping[str, Step]) -> tuple[int, ...]:
    """Seeds of the runs among ``steps``, sorted."""
    return tuple(sorted({s for step in steps.values() if step.kind == "run" for s in step.seeds}))


def rule(criterion: Mapping[str, Any]) -> str:
    """A criterion in words: what is read off which rows, and its bounds."""
    statistic, column = (criterion.get(name, "value") for name in ("statistic", "column"))
    where = [f"{name} = {value}" for name, value in _mapping(criterion.get("where")).items()]
    parts = [
        str(statistic) if statistic == column else f"{statistic} of {column}",
        f"table {criterion.get('table')}",
        f"rows with {', '.join(where)}" if where else "",
        f"over {criterion['over']}" if criterion.get("over") else "",
    ]
    return f"{', '.join(filter(None, parts))}: {bounds(criterion)}"


def bounds(criterion: Mapping[str, Any]) -> str:
    """``≥ 0.9``, ``≤ 3`` or ``2 to 5``."""
    low, high = criterion.get("at_least"), criterion.get("at_most")
    if None not in (low, high):
        return f"{_number(low)} to {_number(high)}"
    return f"≤ {_number(high)}" if low is None else f"≥ {_number(low)}"


def _measured(row: Mapping[str, Any]) -> str:
    if not row:
        return "not judged yet"
    low, high, own = (row.get(name) for name in ("low", "high", "paper_value"))
    ends = "" if None in (low, high) else f" ({_number(low)} to {_number(high)})"
    paper = "" if own is None else f"; the paper: {published(str(own))}"
    return f"{_number(row.get('statistic'))}{ends}{paper}"


def _number(value: Any) -> str:
    try:
        return NONE if value is None else number(float(value))
    except (TypeError, ValueError):
        return str(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    """``value``, or nothing where a record has something else in its place."""
    return value if isinstance(value, dict) else {}


def facts(traced: Trace) -> Iterator[tuple[str, str]]:
    """What is told first, as (name, text)."""
    of_claim = traced.target.kind == "claim"
    if traced.title:
        yield "says" if of_claim else "title", traced.title
    if of_claim:
        for claim in traced.claims:
            yield from _claim_facts(claim, traced.target.paper)
    else:
        yield "seeds", ranges(traced.seeds) or _UNTRAINED
    if traced.problem:
        yield "claims", f"cannot be told: {traced.problem}"
    if traced.claims and traced.verdicts and not traced.verdicts.valid:
        yield "verdicts", f"{traced.verdicts.name}: {'; '.join(traced.verdicts.reasons[:3])}"
    if traced.audit.release:
        yield "made by", str(traced.audit.release)
        if again := traced.audit.again:
            whose = traced.target.paper or "all papers"
            what = f"{plural(again, 'node')} of {whose} would be made again"
            yield "since then", f"with the code at hand {what}"
    seconds = [step.seconds for step in traced.steps.values() if step.seconds is not None]
    if seconds:
        yield from _making(traced, seconds)
    changed = [f"{s.id} {text}" for s in traced.steps.values() for text in s.changed]
    yield "parameters", "; ".join(changed) if changed else "all as in paper.yaml"


def _claim_facts(traced: ClaimTrace, paper: str) -> Iterator[tuple[str, str]]:
    claim, row = traced.claim, traced.row
    if claim.get("kind"):
        yield "kind", str(claim["kind"])
    yield "verdict", traced.verdict
    if row.get("reason"):
        yield "reason", str(row["reason"])
    yield "source", str(claim.get("source"))
    yield "figure", f"{paper}/{traced.figure}"
    yield "criterion", rule(_mapping(claim.get("criterion")))
    yield "threshold", traced.threshold
    if claim.get("partly"):
        yield "partly", rule(_mapping(claim["partly"]))
    if traced.since:
        yield "rule since", f"{traced.since}: claims.yaml has another rule than it was judged by"
    yield "measured", traced.measured
    if row.get("other_rounding"):
        yield "rounding", f"with other rounding {row['other_rounding']}"
    if traced.gate:
        yield "gate", f"{row.get('gate') or claim.get('gate')}. {traced.gate}"
    yield "seeds", traced.networks


def _making(traced: Trace, seconds: Sequence[float]) -> Iterator[tuple[str, str]]:
    yield "took", f"{duration(sum(seconds))} in {plural(len(seconds), 'job')}"
    steps = traced.steps.values()
    for name, answers in (
        ("processor", [step.processor for step in steps]),
        ("code", [step.commit for step in steps]),
        ("libraries", [_libraries(step) for step in steps]),
    ):
        yield (
            name,
            "; ".join(
                sorted(dict.fromkeys(filter(None, answers)), key=answers.count, reverse=True)
            ),
        )


def _libraries(step: Step) -> str:
    """Only trainings' and data sets': what makes numbers."""
    if step.record is None or step.kind not in ("run", "dataset"):
        return ""
    found = {"Python": step.record.environment.get("python"), **step.record.environment["versions"]}
    return ", ".join(f"{name} {version}" for name, version in found.items())
