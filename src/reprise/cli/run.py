"""``reprise run`` and ``reprise figure``: plan, progress, and the outcome."""

import csv
import signal
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reprise.audit.adopt import take_over
from reprise.cli.display import Clock, LiveDisplay, PlainDisplay
from reprise.cli.output import console as open_console
from reprise.cli.output import show_line
from reprise.cli.plan import NO_COMMIT, print_summary, twins_lines
from reprise.cli.target import find_target
from reprise.graph.nodes import Node
from reprise.jobs.leases import side_by_side
from reprise.machine import cores as available_cores
from reprise.plan.engine import file_times, find_profile, job_log, new_record, started
from reprise.plan.planning import Plan, open_plan
from reprise.records.environment import commit
from reprise.report.text import duration, plural, published
from reprise.specs.claims import SYMBOL, VERDICTS
from reprise.specs.errors import WRONG_INPUT
from reprise.storage.atomic import locked
from reprise.training.devices import (
    ACCELERATED,
    PER_JOB,
    chosen_cpu,
    device_here,
    devices_per_job,
    refuse_cpu,
    visible_devices,
)
from reprise.training.numerics import refuse

KEPT = "What is done is kept; the same command continues."
STYLES = dict(zip(VERDICTS, ("green", "yellow", "yellow", "red", "dim"), strict=True))
_POLL_S = 0.3
_MOST_LOGS = 3


def replicate(plan: Plan, cores: int | None, profile: str | None) -> int:
    """Make everything of ``plan``, then show the verdicts and the report's path; the exit code."""
    console = open_console()
    report = plan.graph.nodes["report"]
    code = _make(plan, plan.graph.leaves, cores, profile, console)
    if code == 0:
        show_verdicts(plan, console)
        console.print(f"Report: {report.outputs[0]}", soft_wrap=True, highlight=False)
    return code


def make_figure(plan: Plan, name: str, cores: int | None, profile: str | None) -> int:
    """Make one figure, then print its paths; the exit code."""
    console = open_console()
    (figure,) = find_target(plan.graph.nodes, name, kind="figure").nodes
    node = plan.graph.nodes[figure]
    code = _make(plan, [node], cores, profile, console)
    for path in node.outputs if code == 0 else ():
        console.print(path, soft_wrap=True, highlight=False)
    return code


def _make(
    plan: Plan, targets: list[Node], cores: int | None, profile: str | None, console: Console
) -> int:
    """Make ``targets`` once no other run of this project is under way; the exit code."""
    elsewhere = find_profile(plan.project, profile) if profile else None
    with locked(plan.project.cache / "locks" / "run.lock") as waited:
        current = open_plan(plan.project.root, plan.chosen) if waited else plan
        if _took_over(current, targets, console):
            current = open_plan(plan.project.root, plan.chosen)
        if commit(plan.project.root)["sha"] is None:
            show_line(NO_COMMIT, console, "yellow")
        return run_jobs(current, targets, cores, console, profile=elsewhere)


def _took_over(plan: Plan, targets: list[Node], console: Console) -> bool:
    """Take over what another scale has made already of ``targets``, and say from where."""
    needed = plan.graph.ancestors(node.id for node in targets)
    twins = {node.id: plan.twins[node.id] for node in needed if node.id in plan.twins}
    taken = take_over(plan.project, plan.graph, twins)
    for line in twins_lines({name: twins[name] for name in taken}):
        show_line(f"Taken over: {line}", console)
    return bool(taken)


def run_jobs(
    plan: Plan,
    targets: list[Node],
    cores: int | None,
    console: Console,
    ending: str = KEPT,
    profile: Path | None = None,
) -> int:
    """Show the plan, start the engine, show progress and failures; the exit code.

    ``ending`` ends the message where the jobs are stopped or fail; ``profile`` says where they go.
    """
    todo = plan.todo([node.id for node in targets])
    cores = cores or available_cores()
    at_hand = cores if profile else min(cores, available_cores())
    print_summary(plan, todo, at_hand, console)
    if not todo:
        return 0
    if profile:
        console.print(f"The jobs go where {profile.name} sends them; the time is that of here.")
    else:
        check_device(plan, todo, console)
    before = file_times(plan.project.path(node.record) for node in todo)
    clock = Clock(plan, todo, cores, at_hand, lambda node: new_record(plan, node, before))
    display = LiveDisplay(console, clock) if console.is_terminal else PlainDisplay(console, clock)
    logs = file_times((plan.project.cache / "logs").glob("*/*.log"))
    paths = [path for node in targets for path in node.outputs]
    interrupted: list[int] = []
    handlers = {
        number: signal.signal(number, lambda got, frame: interrupted.append(got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with started(plan, paths, todo, cores, profile) as engine, display:
            while engine.poll() is None and not interrupted:
                display.update()
                time.sleep(_POLL_S)
        display.update()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if interrupted:
        console.print(f"Stopped. {ending}")
        return 128 + interrupted[0]
    failed = [node for node in todo if not new_record(plan, node, before)]
    if engine.poll() or failed:
        names = {node.id for node in failed}
        first = [node for node in failed if not names & set(node.inputs)]  # because of no other
        texts = {node.id: job_log(plan, node, logs) for node in first}
        _explain(texts, len(failed), engine.log, console, ending)
        return 2 if any(WRONG_INPUT in text for text in texts.values()) else 1
    return 0


def _explain(
    texts: Mapping[str, str], failed: int, log: Path, console: Console, ending: str
) -> None:
    """Show the new logs of the first failures, or what the engine says; count the nodes after."""
    shown = {name: text for name, text in texts.items() if text}
    for name, text in list(shown.items())[:_MOST_LOGS]:
        console.print(f"Failed: {name}", style="bold red")
        console.print(text, markup=False, highlight=False)
    if not shown:
        last = log.read_text(errors="replace")[-3000:]
        console.print(last, markup=False, highlight=False)
    are = "is" if failed == 1 else "are"
    console.print(f"{plural(failed, 'job')} {are} not done. {ending}")


def check_device(plan: Plan, todo: list[Node], console: Console) -> None:
    """Warn where trainings of a scale for accelerators go to a CPU, say how devices are shared out.

    Raises:
        ConfigError: nobody chose that CPU, it cannot do the numerics profile, or
            ``REPRISE_DEVICES_PER_JOB`` is wrong.
    """
    runs = [node for node in todo if node.kind == "run"]
    if not runs:
        return
    scale, profile = plan.graph.config.scale, plan.graph.config.numerics
    if scale in ACCELERATED or profile == "fast":
        platform = "cpu" if chosen_cpu() else device_here(plan.project.root)
        refuse(profile, platform or "")
        if platform == "cpu":
            long = _how_long(plan, runs)
            refuse_cpu(scale, platform, f" ({long})")
            show_line(
                f"Warning: scale {scale} on the CPU, because you set JAX_PLATFORMS=cpu: {long}",
                console,
                "red",
            )
    _say_how_shared(len(runs), console)


def _how_long(plan: Plan, runs: list[Node]) -> str:
    """What earlier records tell of the time that ``runs`` take."""
    timed = [cost.seconds for node in runs if (cost := plan.cost(node)).measured]
    trainings = plural(len(runs), "training")
    if not timed:
        return f"{trainings}, for how long is not known: none was ever timed"
    known = "" if len(timed) == len(runs) else f" for the {len(timed)} that were ever timed"
    return f"{trainings}, {duration(sum(timed))}{known} by earlier records, on whatever device"


def _say_how_shared(runs: int, console: Console) -> None:
    here, limit, per_job = len(visible_devices()), side_by_side(), devices_per_job()
    if limit is None or here < 2:
        return
    each = "all of them" if per_job is None else "one" if per_job == 1 else f"{per_job}"
    hint = f"; {PER_JOB}=all spreads it over all" if runs == 1 and per_job == 1 else ""
    console.print(f"{here} devices, {each} per training{hint}", highlight=False)


def show_verdicts(plan: Plan, console: Console) -> None:
    """Print one line per claim, then the counts."""
    path = plan.project.path(plan.graph.nodes["report"].outputs[1])
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = Table(box=None, title="Verdicts", title_justify="left")
    for name in ("figure", "claim", "statistic", "threshold", "paper", "verdict"):
        table.add_column(name, overflow="fold", justify="right" if name == "statistic" else "left")
    for row in rows:
        verdict = row["verdict"]
        mark = f"{SYMBOL.get(verdict, '')} {verdict}"
        table.add_row(
            row["figure"].partition("-")[0],
            escape(row["claim"]),
            published(row["statistic"]),
            escape(row["threshold"]),
            escape(row["paper_value"]),
            f"[{STYLES.get(verdict, 'dim')}]{mark}[/]",
        )
    console.print(table)
    counts = Counter(row["verdict"] for row in rows)
    console.print(", ".join(f"{count} {name}" for name, count in counts.most_common()))
