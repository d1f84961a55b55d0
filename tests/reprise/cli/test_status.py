"""``reprise status``: counts, reasons and exit codes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from reprise.cli.plan import show_reasons, show_status
from reprise.records.state import State, exit_code


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
