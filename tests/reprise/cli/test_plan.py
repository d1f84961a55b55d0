"""``reprise plan``: jobs, time, disk, reasons; ``reprise status``: counts, reasons, exit codes."""

import json
import shutil
from collections import namedtuple
from dataclasses import replace
from typing import Any

import pytest
from small_world import EXECUTION

from reprise.cli import plan as subject
from reprise.cli.plan import show_plan, show_reasons, show_status, total
from reprise.plan.cost import RANGE, RECORDED
from reprise.records.state import State, exit_code


def test_a_run_lasts_at_least_as_long_as_its_longest_chain_of_jobs(
    world: Any, plan_of: Any
) -> None:
    plan, nodes = plan_of(world), list(world.graph.nodes.values())
    assert total(plan, nodes, 1).wall_s == pytest.approx(len(nodes) * 1.5)
    assert total(plan, nodes, 64).wall_s == pytest.approx(3 * 1.5)
    assert total(plan, [], 2).wall_s == 0


def test_json_lists_the_jobs_in_order(
    world: Any, plan_of: Any, console: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.output("table").unlink()
    show_plan(plan_with_report(plan_of(world)), None, True, console)
    shown = json.loads(capsys.readouterr().out)
    assert (shown["schema"], shown["scale"]) == (5, "cpu")
    assert [(job["id"], job["state"]) for job in shown["jobs"]] == [
        ("demo/table/summary", "missing"),
        ("demo/figure/F1", "current"),
    ]
    assert shown["jobs"][0]["reasons"] == ["results/cpu/demo/tables/summary.csv is missing"]
    job = shown["jobs"][0]
    assert (job["paper"], job["basis"], job["seconds"]) == ("demo", "recorded", 1.5)
    assert (job["low_s"], job["high_s"]) == (1.5 / RANGE[RECORDED], 1.5 * RANGE[RECORDED])
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
    assert whole["core_s"] == whole["wall_s"] == 3.0
    assert 3.0 / RANGE[RECORDED] < whole["low_s"] < 3.0 < whole["high_s"] < 3.0 * RANGE[RECORDED]
    assert whole["peak_bytes"] == EXECUTION["peak_memory_bytes"]
    assert whole["side_by_side_bytes"] == 2 * EXECUTION["peak_memory_bytes"]


def test_a_commit_that_nobody_knows_is_said(
    world: Any, plan_of: Any, console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.output("table").unlink()
    show_plan(plan_with_report(plan_of(world)), 2, False, console)
    assert "Commit unknown" in console.file.getvalue()
    monkeypatch.setattr(subject, "commit", lambda root: {"sha": "0" * 40, "dirty": False})
    console.file.truncate(0)
    show_plan(plan_with_report(plan_of(world)), 2, False, console)
    assert "Commit unknown" not in console.file.getvalue()


def test_every_paper_has_a_row(world: Any, plan_of: Any, console: Any) -> None:
    world.output("table").unlink()
    show_plan(plan_with_report(plan_of(world)), 2, False, console)
    rows = [line.split() for line in console.file.getvalue().splitlines()]
    first = [row[:4] for row in rows if row and row[0] in ("demo", "all")]
    assert first == [["demo", "2", "3.0", "s"], ["all", "2", "3.0", "s"]]


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
    line = next(line for line in shown.splitlines() if "3 jobs" in line)
    assert (
        line
        == "3 jobs, about 4.0 s on 2 cores (rough guess, 2 to 11 s: 2 of 3 have not run before)"
    )
    assert "parameter note: None -> [/]" in shown


def test_a_first_plan_says_that_everything_is_new(
    world: Any, plan_of: Any, console: Any, tmp_path: Any
) -> None:
    shutil.rmtree(tmp_path / "results")
    show_plan(plan_with_report(plan_of(world)), 2, False, console)
    shown = console.file.getvalue()
    assert "3 jobs, about 1 min 07 s on 2 cores" in shown
    assert "(rough guess, 18 to 258 s: none of these has run before)" in shown
    assert "all 3 are new" in shown


def test_what_was_made_before_is_told_with_its_range(
    world: Any, plan_of: Any, console: Any
) -> None:
    world.record("table").unlink()
    world.output("figure").unlink()
    world.make(world.node("table"))
    show_plan(plan_with_report(plan_of(world)), 2, False, console)
    assert "1 job, about 1.5 s on 2 cores (1 to 3 s, by records of earlier runs)" in (
        console.file.getvalue()
    )


def test_records_from_another_processor_are_told_as_such(
    world: Any, plan_of: Any, console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reprise.records.state.processor", lambda: "Another Processor")
    world.output("figure").unlink()
    show_plan(plan_with_report(plan_of(world)), 2, False, console)
    assert "about 1.5 s on 2 cores (up to 4 s, by records from another processor)" in (
        console.file.getvalue()
    )


def test_of_what_is_partly_new_the_new_are_counted(world: Any, plan_of: Any, console: Any) -> None:
    world.record("table").unlink()
    for kind in ("table", "figure"):
        world.output(kind).unlink()
    show_plan(plan_with_report(plan_of(world)), 2, False, console)
    assert "1 are new" in console.file.getvalue()


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


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([], 0),
        (["current", "behind"], 0),
        (["current", "stale"], 3),
        (["missing"], 3),
        (["stale", "tampered"], 4),
        (["unverifiable", "missing"], 4),
    ],
)
def test_the_worst_state_decides_the_exit_code(names: list[Any], code: int) -> None:
    assert exit_code(map(State, names)) == code


def test_json_has_a_schema_and_every_node(
    world: Any, plan_of: Any, console: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.output("table").write_text("other")
    assert show_status(plan_of(world), True, console) == 4
    shown = json.loads(capsys.readouterr().out)
    assert (shown["schema"], shown["exit_code"]) == (1, 4)
    assert set(shown["nodes"]) == set(world.graph.nodes)
    assert shown["nodes"]["demo/table/summary"] == {
        "state": "tampered",
        "reasons": [
            (
                "results/cpu/demo/tables/summary.csv differs from its record: "
                "column quantity is gone; column value is gone; column 'other' is new"
            )
        ],
    }


def test_counts_and_reasons_are_shown(world: Any, plan_of: Any, console: Any) -> None:
    world.output("table").write_text("other")
    show_status(plan_of(world), False, console)
    shown = console.file.getvalue()
    assert "tampered     demo/table/summary  results/cpu/demo/tables/summary.csv differs" in shown
    assert [line.split() for line in shown.splitlines() if line.strip().startswith("run")] == [
        ["run", "2"]
    ]


def test_another_processor_is_named_beside_the_state(
    world: Any,
    plan_of: Any,
    console: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("reprise.records.state.processor", lambda: "Abacus")
    assert show_status(plan_of(world), False, console) == 0
    assert "current (made on another processor)" in console.file.getvalue()
    show_status(plan_of(world), True, console)
    assert json.loads(capsys.readouterr().out)["nodes"]["demo/table/summary"] == {
        "state": "current",
        "reasons": [],
        "note": "made on another processor",
    }


@pytest.mark.parametrize("value", ["[/]", "[red]x[/red]", "[0, 1]", "[/bold]"])
def test_values_are_shown_as_they_are(world: Any, plan_of: Any, console: Any, value: str) -> None:
    changed = world.replaced(run={"optimizer": value, "steps": 10}, code={})
    show_status(plan_of(changed), False, console)
    assert f"-> {value}" in console.file.getvalue()


def test_of_chosen_papers_only_their_own_nodes_count(
    world: Any, plan_of: Any, console: Any
) -> None:
    """The report of a choice belongs to none of them."""
    report = replace(world.node("figure"), id="report", paper="", record="results/cpu/r.json")
    world.graph.nodes["report"] = report
    assert show_status(plan_of(world), False, console) == 4
    assert show_status(plan_of(world), False, console, chosen=True) == 0


def test_many_reasons_of_what_is_stale_are_told_in_short(console: Any) -> None:
    """One edit of the theme is many definitions; of what is tampered everything is told."""
    reasons = tuple(f"code a:f{number} changed" for number in range(9))
    show_reasons({"a": State("stale", reasons), "b": State("tampered", reasons)}, console)
    stale, tampered = console.file.getvalue().split("tampered")
    assert stale.rstrip().endswith("code a:f3 changed; and 5 more (--json has all)")
    assert "code a:f8 changed" in tampered
