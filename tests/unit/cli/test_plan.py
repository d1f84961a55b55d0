"""``reprise plan``: jobs, time, disk and reasons."""

import json
from collections import namedtuple
from typing import Any

import pytest
from small_world import EXECUTION

from reprise.cli import plan as subject
from reprise.cli.plan import duration, seconds_left, show_plan, size
from reprise.specs.errors import ConfigError


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (75, "1 min 15 s"),
        (3599.7, "1 h 00 min"),
        (3723, "1 h 02 min"),
        (359_000, "99 h 43 min"),
        (86400 * 1234, "1,234 days"),
    ],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_sizes_are_for_people() -> None:
    assert (size(999e6), size(1.52e9)) == ("999.0 MB", "1.5 GB")


def test_a_run_lasts_at_least_as_long_as_its_longest_chain_of_jobs(
    world: Any, plan_of: Any
) -> None:
    nodes = list(world.graph.nodes.values())
    assert seconds_left(plan_of(world), nodes, 1) == pytest.approx(len(nodes) * 1.5)
    assert seconds_left(plan_of(world), nodes, 64) == pytest.approx(3 * 1.5)
    assert seconds_left(plan_of(world), [], 2) == 0


def test_json_lists_the_jobs_in_order(
    world: Any, plan_of: Any, console: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.output("table").unlink()
    show_plan(plan_with_report(plan_of(world)), None, True, console)
    shown = json.loads(capsys.readouterr().out)
    assert (shown["schema"], shown["scale"], shown["device"]) == (2, "cpu", "cpu")
    assert [(job["id"], job["state"]) for job in shown["jobs"]] == [
        ("demo/table/summary", "missing"),
        ("demo/figure/F1", "current"),
    ]
    assert shown["jobs"][0]["reasons"] == ["results/cpu/demo/tables/summary.csv is missing"]
    job = shown["jobs"][0]
    assert (job["paper"], job["basis"], job["measured"]) == ("demo", "recorded", True)
    assert job["low_s"] == job["seconds"] == job["high_s"] == 1.5
    assert job["peak_memory_bytes"] == EXECUTION["peak_memory_bytes"]


def test_json_sums_by_paper_and_in_all(
    world: Any, plan_of: Any, console: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.output("table").unlink()
    show_plan(plan_with_report(plan_of(world)), 3, True, console)
    shown = json.loads(capsys.readouterr().out)
    whole = shown["total"]
    assert shown["papers"] == {"demo": whole}
    assert (shown["cores"], whole["jobs"], whole["bases"]) == (3, 2, {"recorded": 2})
    assert whole["core_s"] == whole["wall_s"] == whole["low_s"] == whole["high_s"] == 3.0
    assert whole["peak_bytes"] == EXECUTION["peak_memory_bytes"]
    assert whole["side_by_side_bytes"] == 2 * EXECUTION["peak_memory_bytes"]


def test_every_paper_has_a_row(world: Any, plan_of: Any, console: Any) -> None:
    world.output("table").unlink()
    show_plan(plan_with_report(plan_of(world)), 2, False, console)
    rows = [line.split() for line in console.file.getvalue().splitlines()]
    first = [row[:4] for row in rows if row and row[0] in ("demo", "all")]
    assert first == [["demo", "2", "3", "s"], ["all", "2", "3", "s"]]


def test_an_unknown_device_is_refused_with_the_nearest(
    world: Any, plan_of: Any, console: Any
) -> None:
    world.output("table").unlink()
    with pytest.raises(ConfigError, match=r"--device: nothing is known of 'h10'.*'h100'"):
        show_plan(plan_with_report(plan_of(world)), 2, False, console, device="H10")


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
