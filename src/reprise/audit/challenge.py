"""Make a recorded result again in a clean place, and say whether it is the same.

Records prove consistency, not honesty: whoever rewrites an output and every record after it is
caught here, and only here.

Another processor rounds otherwise, and a training carries that far. There a table that was computed
from networks is not accused of its numbers: the claims that are judged from it decide.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from reprise.audit.adopt import NotCopied, NotShipped, checked_record, copy_node
from reprise.audit.compare import (
    NodeDifference,
    VerdictPair,
    compare_entries,
    compare_verdicts,
    environments,
)
from reprise.audit.derived import claims_again
from reprise.audit.diff import Status, Tolerance, worst
from reprise.audit.verify import recorded_node
from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records.changes import (
    INPUT_CHANGED,
    arithmetic_changes,
    device_type,
    node_changes,
    version_changes,
)
from reprise.records.record import Record, read_record
from reprise.records.state import State, states
from reprise.records.tree import Entry, Tree, take_inventory
from reprise.specs.errors import ConfigError

FOLDER = "challenge"
EXIT = {Status.IDENTICAL: 0, Status.EQUAL: 0, Status.NOT_COMPARABLE: 3, Status.DIFFERS: 4}
_NOT_COMPARABLE = (Status.NOT_COMPARABLE, EXIT[Status.NOT_COMPARABLE])
NO_CHECKPOINTS = "This tree has no checkpoints; leave out --from runs."
Start = Literal["nothing", "runs", "tables"]
_NETWORKS = ("run", "dataset")
"""Kinds of node that train networks, or ask them."""
_COPIED = ("config.yaml", "Snakefile", "environment.yml", "requirements/lock.txt")

MakeAgain = Callable[[Plan, Node], int]
"""Makes a node and all that it needs in the clean place of a plan; the exit code of the engine."""


@dataclass(frozen=True)
class Target:
    """What is challenged: a node of today's graph, and the tree that records it."""

    plan: Plan
    tree: Tree
    node: Node


@dataclass(frozen=True)
class Recorded:
    """One node of today's graph, and what a tree says of it."""

    node: Node
    entry: Entry | None
    problem: str
    """Why there is no entry, where there is none."""

    @property
    def record(self) -> Record | None:
        """The record, where there is one."""
        return self.entry.record if self.entry else None


@dataclass(frozen=True)
class Options:
    """What the user chose."""

    start: Start = "nothing"
    """What is taken as recorded: nothing, what was trained, or the tables of a figure."""
    tolerance: Tolerance = field(default_factory=Tolerance)
    cores: int | None = None
    keep: bool = False


@dataclass(frozen=True, kw_only=True)
class NodeResult(NodeDifference):
    """One node as recorded, and as made again."""

    decides: bool
    """Whether the whole answer depends on it: checkpoints alone may differ in their last digits."""
    taken: bool
    """Taken over as it was, not made again."""
    digests: Mapping[str, tuple[str | None, str | None]]
    """Name of an output -> sha256 as recorded, and as made."""
    verdicts: tuple[VerdictPair, ...] = ()
    """The claims whose verdict is not the same."""
    elsewhere: tuple[str, ...] = ()
    """What of the processor, the device or the libraries is not as recorded."""
    notes: tuple[str, ...] = ()
    """Why a difference counts as none."""

    @property
    def status(self) -> Status:
        """The worst of the files, unless it is excused; an altered file is as good as none."""
        if self.altered:
            return Status.DIFFERS
        return Status.EQUAL if self.notes else super().status

    def as_json(self) -> dict[str, Any]:
        """The node as plain values."""
        value = super().as_json()
        digests = value.pop("digests")
        for file in value["files"]:
            file["recorded_sha256"], file["made_sha256"] = digests[file["name"]]
        return {**value, "verdicts": [vars(pair) for pair in self.verdicts]}


@dataclass
class Outcome:
    """What a challenge came to."""

    target: Target
    options: Options
    answer: Status | Literal["failed", "stopped"]
    code: int
    """Exit code."""
    reasons: tuple[str, ...] = ()
    """Why it is not comparable, or equal though tables are not."""
    claims: tuple[VerdictPair, ...] = ()
    """On another processor: the claims that decide, judged from either tables."""
    commit: str | None = None
    """What to check out, to have it comparable."""
    nodes: list[NodeResult] = field(default_factory=list)
    """Parents first."""
    kept: str | None = None
    """The clean place, where it was kept."""

    def as_json(self) -> dict[str, Any]:
        """The outcome as plain values."""
        return {
            "target": self.target.node.id,
            "scale": self.target.plan.graph.config.scale,
            "tree": str(self.target.tree.folder),
            "from": self.options.start,
            "tolerance": vars(self.options.tolerance),
            "answer": self.answer,
            "exit_code": self.code,
            "reasons": list(self.reasons),
            "claims": [vars(pair) for pair in self.claims],
            "commit": self.commit,
            "environment": environments(self.nodes),
            "kept": self.kept,
            "nodes": [node.as_json() for node in reversed(self.nodes)],
        }


def challenge(
    target: Target, options: Options, make_again: MakeAgain, device: Callable[[], str | None]
) -> Outcome:
    """Compare, make again, compare; removes what it made unless that differs or is to be kept.

    ``device`` finds out the type of device that a training would use here; called only for one.

    Raises:
        ConfigError: the target is not made from tables, from which it was to be made.
    """
    recorded = lineage(target.plan.graph, target.tree, target.node)
    if options.start == "tables":
        recorded, reasons = _from_tables(target.node, recorded)
    else:
        reasons = obstacles(recorded, None)
        trained = any(entry.node.kind == "run" for entry in recorded.values())
        if not reasons and trained and options.start == "nothing":
            reasons = obstacles(recorded, device())
    if reasons:
        commit = recorded_commit(recorded[target.node.id])
        return Outcome(target, options, *_NOT_COMPARABLE, reasons, commit=commit)
    if options.start == "tables":
        target, recorded = _as_recorded(target, recorded)
    clean = clean_project(target.plan.project, target.node)
    outcome = Outcome(target, options, "failed", 1)
    try:
        problems = take(target.plan.project, clean, given(recorded, options.start).values())
        if problems:
            outcome = Outcome(target, options, *_NOT_COMPARABLE, problems)
        else:
            outcome = _made_again(target, options, clean, recorded, make_again)
    finally:
        if options.keep or outcome.answer == Status.DIFFERS or outcome.code == 1:
            outcome.kept = str(clean.root)
        else:
            shutil.rmtree(clean.root, ignore_errors=True)
    return outcome


def lineage(graph: Graph, tree: Tree, target: Node) -> dict[str, Recorded]:
    """``target`` and all its ancestors in ``graph``, parents first, as ``tree`` records them.

    A run is the one that the records of its children name, whatever its settings are today.
    """
    inventory = take_inventory(tree)
    entries = inventory.lineage([target.id], graph.nodes)
    recorded = {}
    for node in graph.ancestors([target.id]):
        place, none = str(tree.path(node.record)), f"{tree.folder} has no record of it"
        problem = next((text for text in inventory.problems if text.startswith(place)), none)
        recorded[node.id] = Recorded(node, entries.get(node.id), problem)
    return recorded


def _from_tables(
    node: Node, recorded: Mapping[str, Recorded]
) -> tuple[dict[str, Recorded], tuple[str, ...]]:
    """``node`` and the tables that it is made from, and what is in the way: they have to be there.

    Raises:
        ConfigError: it is not made from tables alone.
    """
    if node.kind not in ("figure", "verdict"):
        raise ConfigError(
            f"--from tables: only figures and verdicts are made from tables alone; {node.id} is a "
            f"{node.kind}"
        )
    inputs = [recorded[name] for name in node.inputs]
    lost = [f"{entry.node.id}: {entry.problem}" for entry in inputs if entry.record is None]
    changed = [f"{node.id}: {text}" for text in _changes(recorded[node.id])]
    return {name: recorded[name] for name in (*node.inputs, node.id)}, (*lost, *changed)


def _as_recorded(
    target: Target, recorded: Mapping[str, Recorded]
) -> tuple[Target, dict[str, Recorded]]:
    """Both with the nodes of ``recorded`` as their records say, whatever made the tables."""
    config = target.plan.graph.config
    nodes = {
        name: replace(recorded_node(known.entry, config.scale), inputs=())
        for name, known in recorded.items()
        if known.entry
    }
    # Where a definition stands may have changed, what it says has not.
    now, node = target.node, nodes[target.node.id]
    node = replace(node, inputs=now.inputs, code=now.code, about=now.about)
    # The rules read where the report lies, whether or not it is made.
    every = target.plan.graph.nodes.values()
    reports = {one.id: replace(one, inputs=()) for one in every if one.kind == "report"}
    graph = Graph(config, nodes={**nodes, node.id: node, **reports})
    again = {name: replace(known, node=graph.nodes[name]) for name, known in recorded.items()}
    return replace(target, plan=replace(target.plan, graph=graph), node=node), again


def obstacles(recorded: Mapping[str, Recorded], device: str | None) -> tuple[str, ...]:
    """Why making ``recorded`` today says nothing about it; empty where it does.

    ``device`` is the type of device that would train; None if nothing is trained.
    """
    reasons = [f"{name}: {text}" for name, entry in recorded.items() for text in _changes(entry)]
    reasons += [
        f"{name}: trained on a {then}, here it would be a {device}"
        for name, entry in recorded.items()
        if device and entry.record and (then := device_type(entry.record)) not in (None, device)
    ]
    pairs = [(e.record.fingerprint, e.node.fingerprint) for e in recorded.values() if e.record]
    if not reasons and any(then != now for then, now in pairs):
        reasons = ["its fingerprint is not the recorded one"]
    return tuple(reasons)


def recorded_commit(entry: Recorded) -> str | None:
    """The commit to check out, to make ``entry`` from the code that it was made from, in words."""
    commit = entry.record.commit if entry.record else {}
    edited = " and edits that were not committed" if commit.get("dirty") else ""
    return f"{commit['sha']}{edited}" if commit.get("sha") else None


def clean_project(project: Project, node: Node) -> Project:
    """A new project folder in the cache of ``project``: its config, rules and locks, no results."""
    base = project.cache / FOLDER
    base.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix=f"{node.id.replace('/', '.')}-", dir=base))
    for name in _COPIED:
        if project.path(name).is_file():
            (root / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(project.path(name), root / name)
    shutil.copytree(project.path("workflow"), root / "workflow")
    # The engine looks for its profile here.
    shutil.copytree(project.path("workflow/profiles"), root / "profiles")
    return Project(root)


def clean_plan(plan: Plan, clean: Project, taken: Iterable[str] = ()) -> Plan:
    """The plan of the clean place, for the graph of ``plan``; ``taken`` was verified and copied."""
    now = states(plan.graph, Tree.own(clean.root, plan.graph.config.scale))
    result = replace(plan, project=clean, states=now | dict.fromkeys(taken, State("current")))
    # The clean place has no earlier results to tell costs from.
    result.costs = plan.costs
    return result


def take(project: Project, clean: Project, recorded: Iterable[Recorded]) -> tuple[str, ...]:
    """Copy ``recorded``, verified, into the clean place; what is in the way.

    Where the tree is shipped without checkpoints, the project's own are taken if their digests are
    the recorded ones.
    """
    problems = [_take(entry, project, clean) for entry in recorded]
    return tuple(dict.fromkeys(filter(None, problems)))


def _take(known: Recorded, project: Project, clean: Project) -> str:
    node, record = known.node, known.record
    here = [known.entry.tree] if known.entry else []
    problem = ""
    for tree in (*here, Tree.own(project.root, node.scale)):
        try:
            if record and checked_record(node, tree).outputs == record.outputs:
                copy_node(node, tree, Tree.own(clean.root, node.scale))
                return ""
        except NotCopied as error:
            shipped = not isinstance(error, NotShipped)
            problem = problem or (f"{node.id}: {error}" if shipped else NO_CHECKPOINTS)
    return problem or f"{node.id}: its record changed while it was read"


def given(recorded: Mapping[str, Recorded], start: Start) -> dict[str, Recorded]:
    """Those of ``recorded`` that a challenge takes as they are."""
    kinds = {"nothing": (), "runs": _NETWORKS, "tables": ("table",)}[start]
    return {name: known for name, known in recorded.items() if known.node.kind in kinds}


def compare_nodes(
    recorded: Mapping[str, Recorded],
    made: Tree,
    target: Node,
    taken: Collection[str],
    tolerance: Tolerance,
) -> list[NodeResult]:
    """Every node of ``recorded``, parents first; all of them have been made in ``made``."""
    results = []
    for name, known in recorded.items():
        if known.entry:
            path = made.path(known.node.record)
            now = Entry(made, path, read_record(path))
            decides = name == target.id or known.node.kind not in ("run", "dataset")
            results.append(_node_result(known.entry, now, decides, name in taken, tolerance))
    return results


def overall(nodes: Iterable[NodeResult]) -> Status:
    """The worst status of the nodes that decide."""
    return worst(node.status for node in nodes if node.decides)


def _made_again(
    target: Target,
    options: Options,
    clean: Project,
    recorded: Mapping[str, Recorded],
    make_again: MakeAgain,
) -> Outcome:
    taken = given(recorded, options.start)
    plan = clean_plan(target.plan, clean, taken)
    code = make_again(plan, target.node)
    if code:
        return Outcome(target, options, "failed" if code == 1 else "stopped", code)
    made = Tree.own(clean.root, plan.graph.config.scale)
    nodes = compare_nodes(recorded, made, target.node, taken, options.tolerance)
    status = overall(nodes)
    outcome = Outcome(target, options, status, EXIT[status], nodes=nodes)
    moved = _moved(plan.graph, nodes)
    if not moved:
        return outcome
    if target.node.id in moved and target.node.kind == "figure":
        drawn = challenge(target, replace(options, start="tables"), make_again, lambda: None)
        if drawn.answer not in (Status.IDENTICAL, Status.EQUAL):
            shown = [*nodes[:-1], *drawn.nodes[-1:]]
            return replace(drawn, target=target, options=options, nodes=shown)
    return _by_claims(outcome, moved, made)


def _moved(graph: Graph, nodes: Iterable[NodeResult]) -> dict[str, tuple[str, ...]]:
    """What differs only as it may on another processor -> why; empty where anything else does.

    That is a table that networks were trained or asked for, and what shows such a table.
    """
    elsewhere = tuple(dict.fromkeys(text for node in nodes for text in node.elsewhere))
    moved: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        if not node.decides or node.status is not Status.DIFFERS:
            continue
        networks = any(one.kind in _NETWORKS for one in graph.ancestors([node.id]))
        computed = node.kind not in ("figure", "report")
        shows = moved.keys() & set(graph.nodes[node.id].inputs)
        if node.altered or not elsewhere or not networks or not (computed or shows):
            return {}
        moved[node.id] = elsewhere
    return moved


def _by_claims(outcome: Outcome, moved: Mapping[str, tuple[str, ...]], made: Tree) -> Outcome:
    """``outcome``, as the claims say that are judged from the tables on either side."""
    target = outcome.target
    claims = claims_again(target.plan.graph, [node.id for node in outcome.nodes], target.tree, made)
    why = next(iter(moved.values()))
    outcome = replace(outcome, claims=claims, reasons=why)
    if not claims or any(pair.before != pair.after for pair in claims):
        what = "claims come out otherwise" if claims else "no claim follows from these tables alone"
        answer, code = _NOT_COMPARABLE
        return replace(outcome, answer=answer, code=code, reasons=(*why, what))
    note = (f"numbers moved; {len(claims)} claims keep their verdict",)
    nodes = [replace(node, notes=note) if node.id in moved else node for node in outcome.nodes]
    status = overall(nodes)
    return replace(outcome, answer=status, code=EXIT[status], nodes=nodes)


def _changes(entry: Recorded) -> tuple[str, ...]:
    """What changed in the node itself; where only an input did, the input says what."""
    node, record = entry.node, entry.record
    if record is None:
        return (entry.problem,)
    # As a record holds it: tuples are lists.
    changes = node_changes(replace(node, spec=json.loads(json.dumps(node.spec))), record)
    return () if changes == INPUT_CHANGED else changes


def _node_result(
    before: Entry, after: Entry, decides: bool, taken: bool, tolerance: Tolerance
) -> NodeResult:
    old, new = before.record.outputs, after.record.outputs
    pairs = compare_verdicts(before, after) if before.kind == "verdict" else ()
    result = NodeResult(
        **vars(compare_entries(before, after, tolerance)),
        decides=decides,
        taken=taken,
        digests={name: (old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])},
        elsewhere=() if taken else arithmetic_changes(before.record, after.record),
        verdicts=tuple(pair for pair in pairs if pair.before != pair.after),
    )
    if result.kind != "figure" or result.status is not Status.DIFFERS:
        return result
    # Another version of the drawing libraries draws otherwise; the tables decide then.
    versions = (entry.record.environment["versions"] for entry in (before, after))
    other = "; ".join(version_changes(*versions))
    return replace(result, notes=(f"drawn by other versions: {other}",)) if other else result
