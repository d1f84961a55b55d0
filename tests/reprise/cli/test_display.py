"""Progress: shares, remaining time, and lines for those who have no terminal."""

from typing import Any

import pytest

from reprise.cli import display
from reprise.cli.display import Clock, LiveDisplay, PlainDisplay, describe
from reprise.records.record import read_record
from reprise.storage.atomic import write_json
from reprise.training.telemetry import progress_file


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as its only element."""
    now = [0.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    return now


def made_by(world: Any, *kinds: str) -> Any:
    """Records of what was made now: all of these kinds."""
    return lambda node: read_record(world.record(node.kind)) if node.kind in kinds else None


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
    assert [n.kind for n in counted.finish(made_by(world, "run"))] == ["run"]
    assert counted.share() == pytest.approx(1 / 3)
    counted.finish(made_by(world, "run", "table", "figure"))
    assert counted.share() == 1


def test_the_time_left_follows_what_jobs_took(world: Any, plan_of: Any, clock: list[float]) -> None:
    counted = Clock(plan_of(world), nodes(world), 1)
    assert counted.eta() == "4.5 s", "as recorded: 3 times 1.5 s"
    path = world.record("table")
    path.write_text(path.read_text().replace('"wall_s": 1.5', '"wall_s": 1000.0'))
    clock[0] = 1000.0
    counted.finish(made_by(world, "table"))
    assert counted.forecast.taken == {"demo/table/summary": 1000.0}
    assert counted.eta() == "2 min 13 s", "the figure by the pace of the table, the run as before"


def test_a_resumed_training_is_done_and_no_evidence(
    world: Any, plan_of: Any, clock: list[float]
) -> None:
    counted = Clock(plan_of(world), nodes(world), 1)
    path = world.record("run")
    path.write_text(path.read_text().replace('"wall_s"', '"resumed_from_step": 3, "wall_s"'))
    counted.finish(made_by(world, "run"))
    assert counted.forecast.taken == {"demo/run/main/00": None}


def test_a_training_under_way_ends_at_its_present_pace(
    world: Any, plan_of: Any, clock: list[float]
) -> None:
    plan = plan_of(world)
    counted = Clock(plan, [world.node("run")], 1)
    said = {"step": 250, "steps": 1000, "loss": 0.1, "steps_per_s": 2.5}
    write_json(progress_file(plan.project, world.node("run").fingerprint), said)
    assert counted.eta() == "5 min 00 s"
    write_json(
        progress_file(plan.project, world.node("run").fingerprint), said | {"steps_per_s": 0.0}
    )
    assert counted.eta() == "1.5 s", "nothing is known of a pace of zero"


def test_plain_lines_say_each_finished_job_once(
    world: Any, plan_of: Any, console: Any, clock: list[float]
) -> None:
    shown = PlainDisplay(console)
    with shown.showing(plan_of(world), nodes(world), 2):
        shown.update(made_by(world))
        shown.update(made_by(world, "run"))
        shown.update(made_by(world, "run", "table", "figure"))
        shown.update(made_by(world, "run", "table", "figure"))
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
            shown.update(made_by(world))
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
        shown.update(made_by(world))
        assert list(shown.bars) == ["demo/run/main/00"]
        shown.update(made_by(world, "run", "table", "figure"))
        assert shown.bars == {}
    assert "3/3 jobs" in console.file.getvalue()


def test_a_training_is_described_shortly() -> None:
    progress = {"step": 500, "steps": 2000, "loss": 0.01234, "steps_per_s": 309.6}
    assert describe(progress) == "step 500/2000, loss 0.0123, 310 steps/s"
