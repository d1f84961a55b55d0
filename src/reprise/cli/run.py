"""``reprise run`` and ``reprise figure``: plan, progress, and the outcome."""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
from rich.console import Console

from reprise.cli.consoles import console as open_console
from reprise.cli.devices import check_device
from reprise.cli.display import Display, LiveDisplay, PlainDisplay
from reprise.cli.outcome import show_verdicts
from reprise.cli.plan import print_summary
from reprise.execution.engine import finished, job_log, record_times, started
from reprise.execution.planning import Plan, open_plan
from reprise.execution.profiles import find_profile
from reprise.graph.nodes import Node
from reprise.records.locks import locked
from reprise.specs.errors import WRONG_INPUT

KEPT = "What is done is kept; the same command continues."
_POLL_S = 0.3


def replicate(
    plan: Plan, overlay: Mapping[str, Any], cores: int | None, profile: str | None = None
) -> int:
    """Make everything of ``plan``, then show the verdicts and the report's path; the exit code."""
    console = open_console()
    report = plan.graph.nodes["report"]
    code = _make(plan, overlay, plan.graph.leaves, cores, console, profile)
    if code == 0:
        show_verdicts(plan, console)
        console.print(f"Report: {report.outputs[0]}", soft_wrap=True, highlight=False)
    return code


def make_figure(
    plan: Plan,
    overlay: Mapping[str, Any],
    name: str,
    cores: int | None,
    profile: str | None = None,
) -> int:
    """Make one figure, then print its path; the exit code."""
    console = open_console()
    node = plan.graph.find_figure(name)
    code = _make(plan, overlay, [node], cores, console, profile)
    if code == 0:
        for path in node.outputs:
            console.print(path, soft_wrap=True, highlight=False)
    return code


def _make(
    plan: Plan,
    overlay: Mapping[str, Any],
    targets: list[Node],
    cores: int | None,
    console: Console,
    profile: str | None,
) -> int:
    """Make ``targets`` once no other run of this project is under way; the exit code."""
    elsewhere = find_profile(plan.project, profile) if profile else None
    with locked(plan.project.cache / "locks" / "run.lock") as waited:
        current = open_plan(plan.project.root, overlay) if waited else plan
        return run_jobs(current, overlay, targets, cores, console, profile=elsewhere)


def run_jobs(
    plan: Plan,
    overlay: Mapping[str, Any],
    targets: list[Node],
    cores: int | None,
    console: Console,
    kept: str = KEPT,
    profile: Path | None = None,
) -> int:
    """Show the plan, start the engine, show progress and failures; the exit code.

    ``kept`` ends the message where the jobs are stopped or fail; ``profile`` says where they go.
    """
    todo = plan.todo([node.id for node in targets])
    cores = cores or psutil.cpu_count() or 1
    print_summary(plan, todo, cores, console)
    if not todo:
        return 0
    if profile:
        console.print(f"The jobs go where {profile.name} sends them; the time is that of here.")
    else:
        check_device(plan, todo, console)
    display: Display = LiveDisplay(console) if console.is_terminal else PlainDisplay(console)
    before = record_times(plan, todo)
    paths = [path for node in targets for path in node.outputs]
    interrupted: list[int] = []
    handlers = {
        n: signal.signal(n, _remember(interrupted)) for n in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with (
            started(plan, overlay, paths, todo, cores, profile) as engine,
            display.showing(plan, todo, cores),
        ):
            while engine.poll() is None and not interrupted:
                display.update(lambda node: finished(plan, node, before))
                time.sleep(_POLL_S)
        display.update(lambda node: finished(plan, node, before))
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if interrupted:
        console.print(f"Stopped. {kept}")
        return 128 + interrupted[0]
    failed = [node for node in todo if not finished(plan, node, before)]
    if engine.poll() or failed:
        log = engine.log.read_text(errors="replace")
        return 2 if _explain(plan, failed, log, console, kept) else 1
    return 0


def _remember(received: list[int]) -> Any:
    def handler(number: int, frame: FrameType | None) -> None:
        received.append(number)

    return handler


def _explain(plan: Plan, failed: list[Node], log: str, console: Console, kept: str) -> bool:
    """Name the first failures and show their logs; the nodes after them are only counted.

    True if one of the first failed because of the user's files.
    """
    names = {node.id for node in failed}
    first = [node for node in failed if not names & set(node.inputs)]
    texts = {node.id: job_log(plan, node) for node in first}
    shown = False
    for node in first[:3]:
        text = texts[node.id]
        if text:
            shown = True
            console.print(f"Failed: {node.id}", style="bold red")
            console.print(text, markup=False, highlight=False)
    if not shown:
        console.print(log[-3000:], markup=False, highlight=False)
    console.print(f"{len(failed)} jobs are not done. {kept}")
    return any(WRONG_INPUT in text for text in texts.values() if text)
