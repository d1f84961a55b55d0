"""``reprise plan``: what would be made, for how long, and why."""

import json
from collections import Counter
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from reprise.execution.planning import Plan
from reprise.graph.nodes import KINDS, Node

SCHEMA = 1


def seconds_left(plan: Plan, todo: list[Node], cores: int) -> float:
    """Estimated wall time of making ``todo`` on ``cores``: at least the longest job."""
    costs = [plan.cost(node).seconds for node in todo]
    return max(sum(costs) / cores, max(costs, default=0.0))


def duration(seconds: float) -> str:
    """``75`` as ``1 min 15 s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def show_plan(plan: Plan, cores: int | None, as_json: bool, console: Console) -> None:
    """Print the plan as tables, or as JSON; writes the files that 'reprise make' takes."""
    plan.write_files()
    todo = plan.todo()
    if as_json:
        print(json.dumps(_as_json(plan, todo), indent=2, sort_keys=True))
        return
    print_summary(plan, todo, cores or psutil.cpu_count() or 1, console)
    reasons = Counter(reason for node in todo for reason in plan.states[node.id].reasons)
    for reason, count in reasons.most_common(12):
        times = f"  (x{count})" if count > 1 else ""
        console.print(f"  {reason}{times}", style="dim", markup=False, highlight=False)


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
            costs = [plan.cost(node) for node in nodes]
            disk = sum(c.output_bytes for c in costs) / 1e6
            time = duration(sum(c.seconds for c in costs))
            table.add_row(kind, str(len(nodes)), time, f"{disk:.1f} MB")
    console.print(table)
    guessed = sum(not plan.cost(node).measured for node in todo)
    note = f" ({guessed} of {len(todo)} jobs never timed before: guessed)" if guessed else ""
    left = duration(seconds_left(plan, todo, cores))
    console.print(f"{len(todo)} jobs, about {left} on {cores} cores{note}")
    need = sum(plan.cost(node).output_bytes for node in todo)
    free = psutil.disk_usage(str(plan.project.root)).free
    if need > free:
        console.print(
            f"Warning: needs {need / 1e6:.0f} MB, {free / 1e6:.0f} MB are free", style="red"
        )


def _as_json(plan: Plan, todo: list[Node]) -> dict[str, Any]:
    jobs = [
        {
            "id": node.id,
            "kind": node.kind,
            "state": plan.states[node.id].name,
            "reasons": list(plan.states[node.id].reasons),
            "seconds": plan.cost(node).seconds,
            "measured": plan.cost(node).measured,
        }
        for node in todo
    ]
    return {"schema": SCHEMA, "scale": plan.graph.config.scale, "jobs": jobs}
