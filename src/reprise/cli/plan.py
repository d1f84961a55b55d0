"""``reprise plan``: what would be made, for how long, and why."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from reprise.cli.counting import count_work
from reprise.execution.costs import BASES, CPU, RECORDED
from reprise.execution.nominal import FACTOR, SHARE
from reprise.execution.planning import Plan
from reprise.execution.totals import Total, total
from reprise.graph.nodes import KINDS, Node

SCHEMA = 2
"""2: ``papers``, ``total`` and ``device``; jobs say their paper, ``basis``, range and bytes."""


def seconds_left(plan: Plan, todo: list[Node], cores: int) -> float:
    """Estimated wall time of making ``todo`` on ``cores``: at least the longest chain of jobs."""
    return total(plan.costs, todo, cores).wall_s


def duration(seconds: float) -> str:
    """``75`` as ``1 min 15 s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 100:
        return f"{seconds / 86400:,.0f} days"
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def size(number: float) -> str:
    """``1.5e9`` as ``1.5 GB``."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"


def show_plan(
    plan: Plan,
    cores: int | None,
    as_json: bool,
    console: Console,
    device: str | None = None,
    count: bool | None = None,
) -> None:
    """Print the plan as tables, or as JSON; writes the files that 'reprise make' takes.

    ``device``: where trainings run, by a part of its name. ``count``: whether to count the FLOPs
    of what was never made; None: at the scales that ask for a larger machine.

    Raises:
        ConfigError: nothing is known of ``device``.
    """
    plan.costs.on(device or CPU)
    plan.write_files()
    todo = plan.todo()
    if count or (count is None and plan.graph.config.scale in ("gpu", "paper")):
        count_work(plan.costs, todo)
    cores = cores or psutil.cpu_count() or 1
    if as_json:
        print(json.dumps(_as_json(plan, todo, cores), indent=2, sort_keys=True))
        return
    print_summary(plan, todo, cores, console)
    if todo:
        _print_papers(plan, todo, cores, console)
    reasons = Counter(reason for node in todo for reason in plan.states[node.id].reasons)
    for reason, count_ in reasons.most_common(12):
        times = f"  (x{count_})" if count_ > 1 else ""
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
            part = total(plan.costs, nodes, cores)
            table.add_row(kind, str(len(nodes)), duration(part.seconds), size(part.output_bytes))
    console.print(table)
    whole = total(plan.costs, todo, cores)
    console.print(
        f"{len(todo)} jobs, about {duration(whole.wall_s)} on {cores} cores{_note(whole)}"
    )
    free = psutil.disk_usage(str(plan.project.root)).free
    if whole.output_bytes > free:
        console.print(
            f"Warning: needs {size(whole.output_bytes)}, {size(free)} are free", style="red"
        )


def _note(whole: Total) -> str:
    """What the time rests on, unless all of it was recorded."""
    never = whole.jobs - whole.bases.get(RECORDED, 0)
    if not never:
        return ""
    parts = ", ".join(f"{whole.bases[b]} {b}" for b in BASES[1:] if whole.bases.get(b))
    return f" ({never} of {whole.jobs} jobs never timed before: {parts})"


def _print_papers(plan: Plan, todo: list[Node], cores: int, console: Console) -> None:
    """What every paper takes, and all of them."""
    device = plan.costs.device
    table = Table(box=None)
    titles = ["paper", "jobs", "core time", "at least", "at most", "wall time", "memory", "disk"]
    for heading in titles if device == CPU else [*titles[:3], f"{device} time", *titles[3:]]:
        table.add_column(heading, justify="left" if heading == "paper" else "right")
    for name, part in by_paper(plan, todo, cores).items():
        times = [part.core_s] if device == CPU else [part.core_s, part.device_s]
        shown = [*times, part.low_s, part.high_s, part.wall_s]
        sizes = [size(part.side_by_side_bytes), size(part.output_bytes)]
        table.add_row(name, str(part.jobs), *map(duration, shown), *sizes)
    console.print(table)
    if plan.costs.by_data_sheet:
        console.print(
            f"Nothing was trained on {device} yet: {SHARE:.0%} of the FLOP/s of its data sheet, "
            f"within a factor of {FACTOR:.0f}"
        )


def by_paper(plan: Plan, todo: list[Node], cores: int) -> dict[str, Total]:
    """Key of a paper -> what it takes; last ``all``, with the report."""
    keys = dict.fromkeys(node.paper for node in todo if node.paper)
    parts = {k: total(plan.costs, [n for n in todo if n.paper == k], cores) for k in keys}
    return {**parts, "all": total(plan.costs, todo, cores)}


def _as_json(plan: Plan, todo: list[Node], cores: int) -> dict[str, Any]:
    parts = {name: asdict(part) for name, part in by_paper(plan, todo, cores).items()}
    return {
        "schema": SCHEMA,
        "scale": plan.graph.config.scale,
        "cores": cores,
        "device": plan.costs.device,
        "by_data_sheet": plan.costs.by_data_sheet,
        "jobs": [_job(plan, node) for node in todo],
        "total": parts.pop("all"),
        "papers": parts,
    }


def _job(plan: Plan, node: Node) -> dict[str, Any]:
    cost = plan.cost(node)
    return {
        "id": node.id,
        "kind": node.kind,
        "paper": node.paper,
        "state": plan.states[node.id].name,
        "reasons": list(plan.states[node.id].reasons),
        "seconds": cost.seconds,
        "measured": cost.measured,
        "basis": cost.basis,
        "low_s": cost.seconds / cost.factor,
        "high_s": cost.seconds * cost.factor,
        "output_bytes": cost.output_bytes,
        "peak_memory_bytes": cost.peak_memory_bytes,
    }
