"""Progress: shares, remaining time, and lines for those who have no terminal."""

from typing import Any

import pytest

from reprise.cli import display
from reprise.cli.display import Clock, LiveDisplay, PlainDisplay, describe
from reprise.storage.atomic import write_json
from reprise.training.telemetry import progress_file


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as its only element."""
    now = [0.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    return now


def nodes(world: Any) -> list[Any]:
    """Three nodes, each made in 1.5 s last time."""
    return [world.node(kind) for kind in ("run", "table", "figure")]


def test_the_share_counts_finished_jobs_and_trainings_under_way(
    world: Any, plan_of: Any, clock: list[float]
) -> None:
    plan = plan_of(world)
    counted = Clock(plan, nodes(world), 1)
    assert counted.share() == 0
    write_json(
        progress_file(plan.project, world.node("run").fingerprint),
        {"step": 500, "steps": 1000, "loss": 0.1, "steps_per_s": 10.0},
    )
    assert counted.share() == pytest.approx(0.5 / 3)
    assert [n.kind for n in counted.finish(lambda node: node.kind == "run")] == ["run"]
    assert counted.share() == pytest.approx(1 / 3)
    counted.finish(lambda node: True)
    assert counted.share() == 1


def test_the_time_left_follows_the_pace(world: Any, plan_of: Any, clock: list[float]) -> None:
    counted = Clock(plan_of(world), nodes(world), 1)
    assert counted.eta() == "4 s", "as recorded: 3 times 1.5 s"
    clock[0] = 20.0
    counted.finish(lambda node: node.kind == "run")
    assert counted.eta() == "40 s", "a third took 20 s"


def test_plain_lines_say_each_finished_job_once(
    world: Any, plan_of: Any, console: Any, clock: list[float]
) -> None:
    shown = PlainDisplay(console)
    with shown.showing(plan_of(world), nodes(world), 2):
        shown.update(lambda node: False)
        shown.update(lambda node: node.kind == "run")
        shown.update(lambda node: True)
        shown.update(lambda node: True)
    lines = console.file.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "[1/3] demo/run/main/00",
        "[3/3] demo/table/summary",
        "[3/3] demo/figure/F1",
    ]


def test_plain_lines_say_once_a_minute_how_far_trainings_are(
    world: Any, plan_of: Any, console: Any, clock: list[float]
) -> None:
    plan = plan_of(world)
    write_json(
        progress_file(plan.project, world.node("run").fingerprint),
        {"step": 500, "steps": 1000, "loss": None, "steps_per_s": 10.0},
    )
    shown = PlainDisplay(console)
    with shown.showing(plan, nodes(world), 2):
        for second in range(130):
            clock[0] = second
            shown.update(lambda node: False)
    assert (
        console.file.getvalue().splitlines()
        == ["  demo/run/main/00: step 500/1000, loss –, 10 steps/s"] * 2
    )


def test_the_live_panel_ends_at_the_end(
    world: Any, plan_of: Any, console: Any, clock: list[float]
) -> None:
    plan = plan_of(world)
    write_json(
        progress_file(plan.project, world.node("run").fingerprint),
        {"step": 500, "steps": 1000, "loss": 0.25, "steps_per_s": 10.0},
    )
    shown = LiveDisplay(console)
    with shown.showing(plan, nodes(world), 2):
        shown.update(lambda node: False)
        assert list(shown.bars) == ["demo/run/main/00"]
        shown.update(lambda node: True)
        assert shown.bars == {}
    assert "3/3 jobs" in console.file.getvalue()


def test_a_training_is_described_shortly() -> None:
    progress = {"step": 500, "steps": 2000, "loss": 0.01234, "steps_per_s": 309.6}
    assert describe(progress) == "step 500/2000, loss 0.0123, 310 steps/s"
