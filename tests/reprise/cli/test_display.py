"""Progress: shares, remaining time, and lines for those who have no terminal."""

import os
import re
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

from reprise.cli import display
from reprise.cli.display import Clock, LiveDisplay, PlainDisplay
from reprise.records.record import read_record
from reprise.storage.atomic import write_json
from reprise.training.telemetry import progress_file

TAKEN = '"wall_s": 1.5'


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as its only element."""
    now = [0.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    return now


def nodes(world: Any) -> list[Any]:
    """Three nodes, each made in 1.5 s last time."""
    return [world.node(kind) for kind in ("run", "table", "figure")]


def clock_of(world: Any, plan_of: Any, *chosen: Any) -> Clock:
    """A clock that finds nothing made until ``made`` says what is."""
    return Clock(plan_of(world), list(chosen) or nodes(world), 1, 1, lambda node: None)


def made(world: Any, clock: Clock, *kinds: str) -> Clock:
    """What was made now: all of these kinds."""
    clock.new_record = lambda node: (
        read_record(world.record(node.kind)) if node.kind in kinds else None
    )
    return clock


def says(plan: Any, node: Any, done: int = 500, total: int | None = 1000, **changes: Any) -> None:
    """A job of this process says how far it is."""
    content = {
        "node": node.id,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "began": time.time(),
        "phase": "steps",
        "seconds": {"steps": 50.0},
        "done": done,
        "total": total,
        "what": "steps",
        "note": "loss 0.25, 10 steps/s",
        "whole_s": 100.0,
        "core_share": 1.0,
    }
    write_json(progress_file(plan.project, node.id, node.fingerprint), content | changes)


def test_the_share_counts_finished_jobs_and_those_under_way(
    world: Any, plan_of: Any, clock: list[float]
) -> None:
    counted = clock_of(world, plan_of)
    assert counted.share() == 0
    says(counted.plan, world.node("run"))
    assert counted.share() == pytest.approx(0.5 / 3)
    assert [n.kind for n in made(world, counted, "run").finish()] == ["run"]
    assert counted.share() == pytest.approx(1 / 3)
    made(world, counted, "run", "table", "figure").finish()
    assert counted.share() == 1


def test_the_time_left_follows_what_jobs_took(world: Any, plan_of: Any, clock: list[float]) -> None:
    counted = clock_of(world, plan_of)
    assert counted.eta() == "4.5 s", "as recorded: 3 times 1.5 s"
    path = world.record("table")
    path.write_text(path.read_text().replace(TAKEN, '"wall_s": 150.0'))
    clock[0] = 150.0
    made(world, counted, "table").finish()
    assert counted.eta() == "5 min 00 s", "nothing else is known of the others"


@pytest.mark.parametrize(("resumed", "pace"), [("null", 1.0), ("5", 2.0)])
def test_a_resumed_training_did_a_part_of_its_updates(
    world: Any, plan_of: Any, clock: list[float], resumed: str, pace: float
) -> None:
    counted = clock_of(world, plan_of)
    path = world.record("run")
    path.write_text(path.read_text().replace(TAKEN, f'"resumed_from_step": {resumed}, {TAKEN}'))
    made(world, counted, "run").finish()
    clock[0] = 3.0
    assert counted.eta() == f"{3 * pace:.1f} s"


def test_a_job_under_way_ends_at_its_present_pace(
    world: Any, plan_of: Any, clock: list[float]
) -> None:
    counted = clock_of(world, plan_of, world.node("run"))
    says(counted.plan, world.node("run"), 250, whole_s=400.0)
    assert counted.eta() == "5 min 00 s"
    clock[0] = 10.0
    says(counted.plan, world.node("run"), 0, whole_s=None, seconds={})
    assert counted.eta() == "1.5 s", "it has told nothing of its pace"


def test_plain_lines_say_each_finished_job_once(
    world: Any, plan_of: Any, console: Any, clock: list[float]
) -> None:
    counted = clock_of(world, plan_of)
    with PlainDisplay(console, counted) as shown:
        shown.update()
        made(world, counted, "run")
        shown.update()
        made(world, counted, "run", "table", "figure")
        shown.update()
        shown.update()
    lines = console.file.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "[1/3] demo/run/main/00",
        "[3/3] demo/table/summary",
        "[3/3] demo/figure/F1",
    ]


def test_plain_lines_say_once_a_minute_how_far_jobs_are(
    world: Any, plan_of: Any, console: Any, clock: list[float]
) -> None:
    counted = clock_of(world, plan_of)
    with PlainDisplay(console, counted) as shown:
        says(shown.clock.plan, world.node("run"))
        for second in range(130):
            clock[0] = second
            shown.update()
    lines = console.file.getvalue().splitlines()
    assert lines[::2] == ["  demo/run/main/00: steps 500/1000, loss 0.25, 10 steps/s"] * 2
    assert all(
        re.fullmatch(r"\[0/3\] \d+ % of the work is done, about .+ left", line)
        for line in lines[1::2]
    )
    assert len(lines) == 4


def test_what_an_earlier_run_left_behind_is_not_shown(
    world: Any, plan_of: Any, clock: list[float]
) -> None:
    plan = plan_of(world)
    says(plan, world.node("run"))
    path = progress_file(plan.project, world.node("run").id, world.node("run").fingerprint)
    os.utime(path, (1, 1))
    counted = Clock(plan, nodes(world), 1, 1, lambda node: None)
    assert counted.running() == [], "it was said before this run began"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    says(plan, world.node("run"), pid=gone.pid)
    assert counted.running() == [], "its process is gone"
    says(plan, world.node("table"), 3, 40, what="queries", note="")
    assert [(n.kind, job.describe()) for n, job in counted.running()] == [("table", "queries 3/40")]


def test_the_live_panel_names_the_jobs_that_run_and_ends_at_the_end(
    world: Any, plan_of: Any, console: Any, clock: list[float]
) -> None:
    counted = clock_of(world, plan_of)
    with LiveDisplay(console, counted) as shown:
        says(shown.clock.plan, world.node("run"))
        says(shown.clock.plan, world.node("table"), 0, None, phase="read")
        shown.update()
        assert set(shown.bars) == {"demo/run/main/00", "demo/table/summary"}
        made(world, counted, "run")
        shown.update()
        assert set(shown.bars) == {"demo/table/summary"}
        made(world, counted, "run", "table", "figure")
        shown.update()
        assert shown.bars == {}
    assert "3/3 jobs" in console.file.getvalue()
