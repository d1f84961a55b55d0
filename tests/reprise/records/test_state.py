"""The state of a node comes from records and contents, and its reasons name what changed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_world import World, datasets

from reprise.records import state as subject
from reprise.records import tree as trees
from reprise.records.state import State, states, to_make
from reprise.records.tree import Tree
from reprise.surroundings import XLA_FLAGS

NEVER = State("missing", ("never made",))


def names(world: Any) -> dict[str, str]:
    return {kind: state.name for kind, state in world.states().items()}


def todo(world: Any, *targets: str) -> list[str]:
    ids = [world.node(kind).id for kind in targets] or list(world.graph.nodes)
    return [
        n.kind for n in to_make(world.graph, states(world.graph, Tree.own(world.root, "cpu")), ids)
    ]


def test_what_was_just_made_is_current(world: Any) -> None:
    assert names(world) == {"run": "current", "table": "current", "figure": "current"}
    assert todo(world) == []


def test_nothing_made_is_missing(tmp_path: Path, world: Any) -> None:
    found = states(world.graph, Tree.own(tmp_path / "elsewhere", "cpu"))
    assert set(found.values()) == {NEVER}


CSV_DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "one digit": (lambda data: data.replace(b"0.25", b"0.26"), "row 1 altered, column value"),
    "not text": (lambda data: b"\xff" + data, "not a CSV any more"),
}


@pytest.mark.faults
@pytest.mark.parametrize("damage", CSV_DAMAGE)
def test_any_edit_of_an_output_is_seen_whatever_its_date(world: Any, damage: str) -> None:
    path = world.output("table")
    times = path.stat()
    edit, where = CSV_DAMAGE[damage]
    changed = edit(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    found = world.states()["table"]
    assert found.name == "tampered"
    assert found.reasons == (
        f"results/cpu/demo/tables/summary.csv differs from its record: {where}",
    )
    assert todo(world) == ["table", "figure"]
    assert todo(world, "run") == []


def test_only_the_altered_of_several_outputs_is_named(world: Any) -> None:
    world.output("run", "metrics.csv").write_bytes(b"x")
    (reason,) = world.states()["run"].reasons
    assert "metrics.csv" in reason


def test_dates_do_not_count(world: Any) -> None:
    for number, path in enumerate(sorted(world.root.rglob("*.*"))):
        os.utime(path, (number * 10**8, number * 10**8))
    assert set(names(world).values()) == {"current"}


@pytest.mark.faults
def test_swapped_parameters_are_both_named(world: Any) -> None:
    swapped = {"optimizer": {"learning_rate": 0.5, "weight_decay": 0.1}, "steps": 10}
    found = world.replaced(run=swapped).states()
    assert found["run"].name == "stale"
    assert found["run"].reasons == (
        "parameter optimizer.learning_rate: 0.1 -> 0.5",
        "parameter optimizer.weight_decay: 0.5 -> 0.1",
    )
    assert found["table"].reasons == ("input demo/run/main/00 changed",)
    assert todo(world.replaced(run=swapped)) == ["run", "table", "figure"]


def test_an_added_and_a_removed_parameter_are_named(world: Any) -> None:
    changed = {"optimizer": {"learning_rate": 0.1, "l1": 0.2}, "steps": 10}
    assert world.replaced(run=changed).states()["run"].reasons == (
        "parameter optimizer.l1: None -> 0.2",
        "parameter optimizer.weight_decay: 0.5 -> None",
    )


def test_another_numerics_profile_is_named_also_where_one_side_has_none(world: Any) -> None:
    optimizer = {"optimizer": {"learning_rate": 0.1, "weight_decay": 0.5}, "steps": 10}
    lower = world.replaced(run={**optimizer, "numerics": "bf16"})
    assert lower.states()["run"].reasons == ("parameter numerics: exact -> bf16",)
    lower.make(lower.node("run"))
    other = world.replaced(run={**optimizer, "numerics": "fast"})
    assert other.states()["run"].reasons[0].startswith("parameter numerics: ")
    assert other.states()["run"].reasons[0].endswith(" -> fast")


def test_changed_code_is_named_by_definition(world: Any) -> None:
    found = world.replaced(table_code="2").states()
    assert found["run"].name == "current"
    assert found["table"] == State("stale", ("code reprise.tables:summary changed",))
    assert found["figure"].name == "stale"


def test_the_reason_compares_with_the_nearest_earlier_run(world: Any) -> None:
    """Several settings were tried; what differs from the last one tried is told."""
    optimizer = {"learning_rate": 0.1, "weight_decay": 0.5}
    for steps in range(20, 25):
        tried = world.replaced(run={"optimizer": optimizer, "steps": steps, "extra": steps})
        tried.make(tried.node("run"))
    now = world.replaced(run={"optimizer": {**optimizer, "learning_rate": 0.2}, "steps": 10})
    assert now.states()["run"].reasons == ("parameter optimizer.learning_rate: 0.1 -> 0.2",)


def test_a_dataset_whose_name_goes_on_is_no_earlier_one(tmp_path: Path) -> None:
    world = World(tmp_path, datasets("a", "a-b"))
    a, longer = world.graph.nodes.values()
    world.make(longer)
    assert states(world.graph, Tree.own(tmp_path, "cpu"))[a.id] == NEVER


def test_an_earlier_setting_finds_its_run(world: Any) -> None:
    other = world.replaced(run={"steps": 99})
    for kind in ("run", "table", "figure"):
        other.make(other.node(kind))
    assert other.states()["run"].name == "current"
    found = world.states()
    assert found["run"].name == "current"
    assert found["table"].name == "stale"


def test_a_parent_made_again_with_other_content_makes_stale(world: Any) -> None:
    """As where a non-deterministic step was repeated: same fingerprint, other bytes."""
    node = world.node("table")
    world.make(node, {"summary.csv": b"quantity,value\na,0.26\n"})
    found = world.states()
    assert found["table"].name == "current"
    assert found["figure"].name == "stale"
    assert found["figure"].reasons == (
        "input demo/table/summary was made again with other content",
    )


def test_a_parent_made_again_with_the_same_content_changes_nothing(world: Any) -> None:
    world.make(world.node("table"))
    assert set(names(world).values()) == {"current"}


def test_missing_outputs_are_named(world: Any) -> None:
    world.output("run", "metrics.csv").unlink()
    assert world.states()["run"] == State(
        "missing",
        (f"{world.output('run', 'metrics.csv').relative_to(world.root)} is missing",),
    )
    assert todo(world) == ["run", "table", "figure"]


def test_outputs_without_a_record_are_not_trusted(world: Any) -> None:
    world.record("table").unlink()
    assert world.states()["table"].name == "unverifiable"
    assert "table" in todo(world)


def test_an_unreadable_output_is_not_trusted(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = world.output("table")
    real = trees.sha256

    def read(path: Path) -> str:
        if path == refused:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(trees, "sha256", read)
    found = world.states()
    assert found["table"] == State(
        "unverifiable", ("results/cpu/demo/tables/summary.csv: Permission denied",)
    )
    assert found["run"].name == "current"


@pytest.mark.faults
def test_another_environment_is_behind_and_not_redone(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subject.versions
    monkeypatch.setattr(subject, "versions", lambda kind: {**real(kind), "numpy": "99.0"})
    found = world.states()
    assert {state.name for state in found.values()} == {"behind"}
    assert any("is 99.0" in reason for reason in found["run"].reasons)
    assert todo(world) == []


def test_results_of_another_processor_are_current_and_say_so(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {state.title for state in world.states().values()} == {"current"}
    monkeypatch.setattr(subject, "instructions", lambda: "NEON")
    assert {state.title for state in world.states().values()} == {
        "current (made on another processor)"
    }
    assert todo(world) == []


def test_results_with_other_flags_of_xla_are_current_and_say_so(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(XLA_FLAGS, "--xla_cpu_fast=true")
    titles = {state.title for state in world.states().values()}
    assert titles == {f"current (made with another {XLA_FLAGS})"}
    assert todo(world) == []


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ({"cpu": "Abacus"}, "current (made on another processor)"),
        ({"instructions": "AVX-512, XLA up to AVX2"}, "current (made on another processor)"),
        ({"instructions": None}, "current"),
    ],
)
def test_the_processor_is_the_one_that_the_record_tells(
    world: Any, told: dict[str, Any], title: str
) -> None:
    """Records of earlier versions tell no instructions."""
    path = world.record("table")
    statement = json.loads(path.read_text())
    statement["predicate"]["environment"] |= told
    path.write_text(json.dumps(statement))
    assert world.states()["table"].title == title


def test_the_processor_beside_an_accelerator_does_not_count(world: Any) -> None:
    path = world.record("run")
    statement = json.loads(path.read_text())
    statement["predicate"]["environment"]["cpu"] = "Abacus"
    statement["predicate"]["execution"]["device"] = {"platform": "gpu", "kind": "H100"}
    path.write_text(json.dumps(statement))
    assert world.states()["run"].title == "current"


def test_stale_outranks_behind(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "versions", lambda kind: {"numpy": "99.0"})
    assert world.replaced(table_code="2").states()["table"].name == "stale"


def test_looking_writes_nothing(world: Any) -> None:
    def tree() -> dict[Path, tuple[int, bytes]]:
        files = (path for path in world.root.rglob("*") if path.is_file())
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = tree()
    world.states()
    world.replaced(run={"steps": 1}).states()
    assert tree() == before


def test_results_copied_elsewhere_are_current(world: Any, tmp_path: Path) -> None:
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    tmp_path.rename(moved)
    assert {state.name for state in states(world.graph, Tree.own(moved, "cpu")).values()} == {
        "current"
    }
