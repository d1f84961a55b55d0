"""``reprise plan``: jobs, time, disk and reasons."""

import json
from collections import namedtuple
from typing import Any

import pytest

from reprise.cli import plan as subject
from reprise.cli.plan import duration, seconds_left, show_plan


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (75, "1 min 15 s"),
        (3599.7, "1 h 00 min"),
        (3723, "1 h 02 min"),
    ],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_run_lasts_at_least_as_long_as_its_longest_job(world: Any, plan_of: Any) -> None:
    nodes = list(world.graph.nodes.values())
    assert seconds_left(plan_of(world), nodes, 2) == pytest.approx(len(nodes) * 1.5 / 2)
    assert seconds_left(plan_of(world), nodes, 64) == 1.5
    assert seconds_left(plan_of(world), [], 2) == 0


def test_json_lists_the_jobs_in_order(
    world: Any, plan_of: Any, console: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.output("table").unlink()
    show_plan(plan_with_report(plan_of(world)), None, True, console)
    shown = json.loads(capsys.readouterr().out)
    assert (shown["schema"], shown["scale"]) == (1, "cpu")
    assert [(job["id"], job["state"]) for job in shown["jobs"]] == [
        ("demo/table/summary", "missing"),
        ("demo/figure/F1", "current"),
    ]
    assert shown["jobs"][0]["reasons"] == ["results/cpu/demo/tables/summary.csv is missing"]
    assert shown["jobs"][0]["seconds"] == 1.5


def plan_with_report(plan: Any) -> Any:
    """The small graph has no report; its figure stands for everything."""
    plan.todo = lambda targets=None: type(plan).todo(plan, targets or ["demo/figure/F1"])
    return plan


def test_the_summary_counts_by_kind_and_says_what_is_guessed(
    world: Any, plan_of: Any, console: Any
) -> None:
    changed = world.replaced(run={"steps": 11, "note": "[/]"}, code={})
    world.record("figure").unlink()
    show_plan(plan_with_report(plan_of(changed)), 2, False, console)
    shown = console.file.getvalue()
    assert "Plan at scale cpu" in shown
    assert "3 jobs" in shown
    assert "on 2 cores" in shown
    assert "1 of 3 jobs never timed before" in shown
    assert "parameter note: None -> [/]" in shown


def test_nothing_to_make_says_so(world: Any, plan_of: Any, console: Any) -> None:
    show_plan(plan_with_report(plan_of(world)), None, False, console)
    assert "everything is current" in console.file.getvalue()


def test_too_small_a_disk_is_told_beforehand(
    world: Any, plan_of: Any, console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(subject.psutil, "disk_usage", lambda path: usage(10))
    world.output("table").unlink()
    show_plan(plan_with_report(plan_of(world)), None, False, console)
    assert "Warning: needs" in console.file.getvalue()
