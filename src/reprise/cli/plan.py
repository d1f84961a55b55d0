"""``reprise status`` and ``reprise plan``: the state of results; what would be made, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from reprise.cli.output import dumped, duration_range, show_line, size
from reprise.graph.build import Graph
from reprise.graph.nodes import KINDS, Node
from reprise.machine import cores as available_cores
from reprise.machine import memory as available_memory
from reprise.plan.cost import ELSEWHERE, GUESSED, Total, sum_up
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records.environment import commit
from reprise.records.other_scales import Twin
from reprise.records.record import LINE_ENDINGS
from reprise.records.state import Name, State, exit_code
from reprise.report.text import duration, plural

NEVER_MADE = ("never made",)
_STYLES: dict[Name, str] = {
    "current": "green",
    "behind": "yellow",
    "stale": "yellow",
    "missing": "yellow",
    "tampered": "bold red",
    "unverifiable": "bold red",
}
_STATES = tuple(_STYLES)
_MOST_REASONS = 4
SCHEMA = 5
"""Of a plan. 5: jobs have no ``fixed_s``, which nothing was told from."""
_MOST_OF_ALL = 12
NO_COMMIT = (
    "Commit unknown: these sources are in no git repository of their own. Records name none."
)
_ROUGH = 0.1


def show_status(plan: Plan, as_json: bool, console: Console, chosen: bool = False) -> int:
    """Print the states; returns the exit code.

    Where papers were ``chosen`` only theirs count, as in ``verify``: not the report of that choice.
    """
    nodes = plan.graph.nodes
    states = {name: s for name, s in plan.states.items() if nodes[name].paper or not chosen}
    for name, twin in plan.twins.items():
        states[name] = replace(states[name], note=f"the same at scale {twin.node.scale}")
    code = exit_code(states.values())
    if as_json:
        print(dumped({"schema": 1, "exit_code": code, "nodes": described(states)}))
    elif all(state.reasons == NEVER_MADE for state in states.values()):
        show_line(nothing_yet(plan.project, plan.graph.config.scale), console)
        for line in twins_lines(plan.twins):
            show_line(f"'reprise run' takes over {line}", console)
    else:
        show_counts(f"Scale {plan.graph.config.scale}", plan.graph, states, console)
        show_reasons(states, console)
    return code


def nothing_yet(project: Project, scale: str) -> str:
    """What to do where no result of ``scale`` was made: make them, or look at published ones."""
    make = f"nothing was made at scale {scale} yet: 'reprise run --scale {scale}' makes it"
    published = project.path("results/published")
    scales = sorted(path.name for path in published.glob("*") if path.is_dir())
    tree = f"results/published/{scale if scale in scales else scales[0]}" if scales else ""
    return f"{make}; 'reprise verify {tree}' checks what is published" if tree else make


def described(states: Mapping[str, State]) -> dict[str, Any]:
    """States as JSON."""
    return {
        name: {"state": s.name, "reasons": list(s.reasons), **({"note": s.note} if s.note else {})}
        for name, s in states.items()
    }


def show_counts(title: str, graph: Graph, states: Mapping[str, State], console: Console) -> None:
    """Print how many nodes of each kind are in each state."""
    counts = Counter((graph.nodes[i].kind, state.title) for i, state in states.items())
    shown = sorted({(_STATES.index(s.name), s.title) for s in states.values()})
    show_line(title, console, "italic")
    table = Table(box=None)
    table.add_column("kind")
    for place, column in shown:
        table.add_column(column, justify="right", style=_STYLES[_STATES[place]])
    for kind in KINDS:
        if any(k == kind for k, _ in counts):
            table.add_row(kind, *(str(counts[kind, column] or "") for _, column in shown))
    console.print(table)


def show_reasons(states: Mapping[str, State], console: Console, never_made: bool = False) -> None:
    """Print why states are not current, ``never made`` if asked for; of what is stale, in short.

    What a transport did to the ends of lines is said once.
    """
    rewritten = {
        name
        for name, state in states.items()
        if state.reasons and all(reason.endswith(LINE_ENDINGS) for reason in state.reasons)
    }
    if rewritten:
        show_line(
            f"Only the ends of lines were changed, in {plural(len(rewritten), 'result')}, as by a "
            "transfer in text mode: copy the tree again byte by byte",
            console,
            _STYLES["tampered"],
        )
    for name, state in states.items():
        known = name in rewritten or (state.reasons == NEVER_MADE and not never_made)
        if state.name != "current" and not known:
            most = _MOST_REASONS if state.name == "stale" else len(state.reasons)
            why = "; ".join(state.reasons[:most])
            if len(state.reasons) > most:
                why += f"; and {len(state.reasons) - most} more (--json has all)"
            show_line(f"{state.name:12} {name}  {why}", console, _STYLES[state.name])


def show_plan(plan: Plan, cores: int | None, as_json: bool, console: Console) -> None:
    """Print the plan as tables, or as JSON; writes the files that 'reprise make' takes."""
    plan.write_files()
    todo = plan.with_twins().todo()
    cores = cores or available_cores()
    if as_json:
        print(dumped(_as_json(plan, todo, cores)))
        return
    if todo or not plan.twins:
        print_summary(plan, todo, cores, console)
    for line in twins_lines(plan.twins):
        show_line(f"Besides, 'reprise run' takes over {line}", console)
    if todo and commit(plan.project.root)["sha"] is None:
        show_line(NO_COMMIT, console, "yellow")
    if todo:
        _print_papers(plan, todo, cores, console)
    for line in _reasons(plan, todo):
        show_line(f"  {line}", console, "dim")


def twins_lines(twins: Mapping[str, Twin]) -> list[str]:
    """How many nodes are the same at which other scale."""
    counts = Counter(twin.node.scale for twin in twins.values())
    return [
        f"{plural(count, 'result')} of scale {scale}, the same at this one"
        for scale, count in counts.items()
    ]


def print_summary(plan: Plan, todo: list[Node], cores: int, console: Console) -> None:
    """Jobs by kind with time and disk; warns where the disk is too small."""
    if not todo:
        console.print("Nothing to make: everything is current.")
        return
    table = Table(title=f"Plan at scale {plan.graph.config.scale}", title_justify="left", box=None)
    for heading in ("kind", "jobs", "core time", "disk"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind in KINDS:
        nodes = [node for node in todo if node.kind == kind]
        if nodes:
            part = total(plan, nodes, cores)
            table.add_row(kind, str(len(nodes)), duration(part.core_s), size(part.output_bytes))
    console.print(table)
    whole = total(plan, todo, cores)
    jobs = plural(len(todo), "job")
    show_line(f"{jobs}, about {duration(whole.wall_s)} on {cores} cores {_range(whole)}", console)
    free = psutil.disk_usage(str(plan.project.root)).free
    if whole.output_bytes > free:
        console.print(
            f"Warning: needs {size(whole.output_bytes)}, {size(free)} are free", style="red"
        )
    if whole.side_by_side_bytes > (memory := available_memory()):
        needed = f"{size(whole.side_by_side_bytes)} of memory on {cores} cores"
        console.print(f"Warning: needs {needed}, {size(memory)} may be used here", style="red")


def total(plan: Plan, nodes: Sequence[Node], cores: int) -> Total:
    """What making ``nodes`` of ``plan`` takes on ``cores``."""
    return sum_up(nodes, {node.id: plan.cost(node) for node in nodes}, cores)


def by_paper(plan: Plan, todo: list[Node], cores: int) -> dict[str, Total]:
    """Key of a paper -> what it takes; last ``all``, with the report."""
    keys = dict.fromkeys(node.paper for node in todo if node.paper)
    parts = {k: total(plan, [n for n in todo if n.paper == k], cores) for k in keys}
    return {**parts, "all": total(plan, todo, cores)}


def _range(whole: Total) -> str:
    """The range of the wall time, and what it rests on."""
    low, high = (whole.wall_s * s / (whole.core_s or 1.0) for s in (whole.low_s, whole.high_s))
    span, new = duration_range(low, high), whole.bases.get(GUESSED, 0)
    if new > _ROUGH * whole.jobs:
        which = "none of these has" if new == whole.jobs else f"{new} of {whole.jobs} have not"
        return f"(rough guess, {span}: {which} run before)"
    elsewhere = whole.bases.get(ELSEWHERE, 0) > whole.jobs / 2
    records = "records from another processor" if elsewhere else "records of earlier runs"
    return f"({span}, by {records}{f'; {new} have not run before' if new else ''})"


def _print_papers(plan: Plan, todo: list[Node], cores: int, console: Console) -> None:
    """What every paper takes, and all of them."""
    table = Table(box=None)
    titles = ["paper", "jobs", "core time", "at least", "at most", "wall time", "memory", "disk"]
    for heading in titles:
        table.add_column(heading, justify="left" if heading == "paper" else "right")
    for name, part in by_paper(plan, todo, cores).items():
        times = map(duration, (part.core_s, part.low_s, part.high_s, part.wall_s))
        sizes = map(size, (part.side_by_side_bytes, part.output_bytes))
        table.add_row(name, str(part.jobs), *times, *sizes)
    console.print(table)


def _reasons(plan: Plan, todo: list[Node]) -> list[str]:
    """Why the jobs have to be done, the most frequent reasons first."""
    counts = Counter(reason for node in todo for reason in plan.states[node.id].reasons)
    new = counts.pop(NEVER_MADE[0], 0)
    lines = [f"all {new} are new" if new == len(todo) else f"{new} are new"] if new else []
    frequent = counts.most_common(_MOST_OF_ALL - len(lines))
    return [*lines, *(f"{r}  (x{count})" if count > 1 else r for r, count in frequent)]


def _as_json(plan: Plan, todo: list[Node], cores: int) -> dict[str, Any]:
    parts: Mapping[str, Any] = {k: asdict(p) for k, p in by_paper(plan, todo, cores).items()}
    return {
        "schema": SCHEMA,
        "scale": plan.graph.config.scale,
        "cores": cores,
        "jobs": [_job(plan, node) for node in todo],
        "taken_over": {name: twin.node.scale for name, twin in plan.twins.items()},
        "total": parts["all"],
        "papers": {name: part for name, part in parts.items() if name != "all"},
    }


def _job(plan: Plan, node: Node) -> dict[str, Any]:
    cost, state = plan.cost(node), plan.states[node.id]
    return {
        "id": node.id,
        "kind": node.kind,
        "paper": node.paper,
        "state": state.name,
        "reasons": list(state.reasons),
        **asdict(cost),
        "low_s": cost.low_s,
        "high_s": cost.high_s,
    }
