"""The rules that the checkpoints of a run obey, and how an audit tells that one is broken."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audited import STAMP, by_kind, foreign, lock_again
from small_world import CONTENT, EXECUTION, World, small_graph

from reprise.audit.checkpoints import (
    OTHER_CODE,
    OTHER_VERSIONS,
    BadNotes,
    Notes,
    end_faults,
    faults,
    read_notes,
)
from reprise.audit.verify import audit
from reprise.records.record import Record, read_record, write_record
from reprise.records.tree import Tree, write_release
from reprise.storage.tensors import encode, member_digest

RUN = {"steps": 10, "log_every": 1}
PARAMS = {"w": np.arange(6, dtype=np.float32).reshape(2, 3)}


@pytest.fixture
def trained(tmp_path: Path) -> World:
    """Everything made; the run notes checkpoints of two members."""
    spec = {"run": RUN, "members": [{"seed": 0}, {"seed": 1}]}
    world = World(tmp_path, small_graph(run=spec))
    for node in world.graph.nodes.values():
        content = {**CONTENT, "params.safetensors": encode(PARAMS, {})}
        world.make(node, content)
        if node.id == world.node("run").id:
            note(world, [["a0", "b0"], ["a1", "b1"], [member_digest(PARAMS, m) for m in (0, 1)]])
    return world


def note(world: World, sha256: list[list[str]]) -> None:
    noted = [{"updates": n, "sha256": row} for n, row in zip((0, 5, 11), sha256, strict=True)]
    execution = {**EXECUTION, "failed_at_step": [-1, -1], "checkpoints": noted}
    write_record(world.root, world.node("run"), {}, execution)


def run_state(world: World, **options: Any) -> Any:
    return by_kind(world, audit(world.graph, Tree.own(world.root, "cpu"), **options))["run"]


def noted(world: World) -> list[list[str]]:
    execution = read_record(world.record("run")).execution
    return [entry["sha256"] for entry in execution["checkpoints"]]


def test_sound_checkpoints_are_current(trained: World) -> None:
    found = audit(trained.graph, Tree.own(trained.root, "cpu"))
    assert found.exit_code == 0
    assert trained.node("run").id not in found.notes


def test_the_end_is_compared_with_the_parameters(trained: World) -> None:
    rows = noted(trained)
    note(trained, [rows[0], rows[1], [rows[2][0], "c"]])
    assert run_state(trained).reasons == (
        "member 1: params.safetensors does not hold its last checkpoint",
    )


def test_the_start_is_compared_with_the_seeded_initialisation(trained: World) -> None:
    assert run_state(trained, initial=lambda node: ["a0", "b0"]).name == "current"
    assert run_state(trained, initial=lambda node: ["a0", "x"]).reasons == (
        "member 1: checkpoint 0 is not the initialisation of seed 1",
    )


def test_another_version_may_initialise_otherwise(
    trained: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reprise.records.state.versions", lambda kind: {"numpy": "99"})
    found = audit(trained.graph, Tree.own(trained.root, "cpu"), initial=lambda node: ["x", "x"])
    assert by_kind(trained, found)["run"].name == "behind"
    assert found.notes[trained.node("run").id] == OTHER_VERSIONS


def test_many_broken_rules_are_counted(trained: World) -> None:
    note(trained, noted(trained))
    path = trained.record("run")
    statement = json.loads(path.read_text())
    rows = [{"updates": n, "sha256": ["a", "b"]} for n in range(5000)]
    statement["predicate"]["execution"]["checkpoints"] = rows
    path.write_text(json.dumps(statement))
    reasons = run_state(trained).reasons
    assert len(reasons) < 30
    assert any(reason.startswith("and 9") for reason in reasons)


def test_unreadable_checkpoints_are_tampered(trained: World) -> None:
    note(trained, [["a"], ["b"], ["c"]])
    assert "one digest per member" in run_state(trained).reasons[0]


# The rules of checkpoints, each broken on purpose.

SOUND = Notes(
    updates=(0, 1, 11, 21),
    sha256=(("a0", "b0"), ("a1", "b1"), ("a2", "b2"), ("a3", "b3")),
    members=({"seed": 0}, {"seed": 1}),
    failed_at_step=(-1, -1),
    run={"steps": 20, "log_every": 5},
)


def changed(row: int, member: int, value: str, **fields: Any) -> Notes:
    rows = [list(r) for r in SOUND.sha256]
    rows[row][member] = value
    return replace(SOUND, sha256=tuple(map(tuple, rows)), **fields)


@pytest.mark.faults
def test_a_checkpoint_under_two_steps_is_named() -> None:
    assert list(faults(changed(2, 1, "b1"))) == [
        "member 1: checkpoints of 1 and 11 updates are the same"
    ]


@pytest.mark.faults
def test_members_of_different_seeds_differ() -> None:
    assert list(faults(changed(2, 1, "a2"))) == [
        "members 0 and 1 of seeds 0 and 1 are the same after 11 updates"
    ]


def test_members_of_one_seed_may_begin_alike() -> None:
    """As in a sweep of the learning rate, whose members share their initialisation."""
    same_seed = ({"seed": 7, "optimizer.learning_rate": x} for x in (0.1, 0.2))
    assert list(faults(changed(0, 1, "a0", members=tuple(same_seed)))) == []


@pytest.mark.parametrize(("failed", "broken"), [(20, True), (15, False), (-1, True)])
def test_what_is_nan_may_repeat(failed: int, broken: bool) -> None:
    """With a row every 5 steps, parameters may be NaN since the row before the one that failed."""
    notes = changed(3, 0, "a2", failed_at_step=(failed, -1))
    assert (list(faults(notes)) != []) == (failed == -1)
    early = changed(2, 0, "a1", failed_at_step=(failed, -1))
    assert (list(faults(early)) != []) == broken


def test_all_nan_members_of_different_seeds_are_alike() -> None:
    assert list(faults(changed(3, 1, "a3", failed_at_step=(20, 20)))) == []


SCHEDULES = [
    ((0, 1), {"warmup_steps": 5}, True),
    ((0, 1), {"warmup_steps": 0}, False),
    ((0, 1), {"kind": "cosine", "warmup_steps": 0}, False),
    ((20, 21), {"kind": "cosine", "final_fraction": 0.0}, True),
    ((20, 21), {"kind": "cosine", "final_fraction": 0.1}, False),
    ((20, 21), {"kind": "constant", "final_fraction": 0.0}, False),
    ((11, 21), {"kind": "cosine", "final_fraction": 0.0}, False),
]


@pytest.mark.parametrize(("pair", "schedule", "allowed"), SCHEDULES)
def test_an_update_with_a_rate_of_zero_changes_nothing(
    pair: tuple[int, int], schedule: dict[str, Any], allowed: bool
) -> None:
    updates = tuple(sorted({0, 1, 11, 21, *pair}))
    rows = tuple(("same",) if n in pair else (f"a{n}",) for n in updates)
    run = {**SOUND.run, "optimizer": {"schedule": schedule}}
    notes = Notes(updates, rows, ({"seed": 0},), (-1,), run)
    assert (list(faults(notes)) == []) == allowed


@pytest.mark.parametrize(
    ("updates", "word"),
    [
        ((1, 5, 11, 21), "not the initialisation"),
        ((0, 11, 1, 21), "not in the order"),
        ((0, 1, 1, 21), "not in the order"),
        ((0, 1, 11, 20), "of 20 updates, the run makes 21"),
    ],
)
def test_the_steps_are_those_of_the_run(updates: tuple[int, ...], word: str) -> None:
    (fault,) = faults(replace(SOUND, updates=updates))
    assert word in fault


def test_the_end_is_what_the_parameters_hold() -> None:
    params = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(2)}
    ends = tuple(member_digest(params, member) for member in range(2))
    notes = replace(SOUND, sha256=(*SOUND.sha256[:-1], ends))
    assert list(end_faults(notes, params)) == []
    swapped = {name: array[::-1] for name, array in params.items()}
    assert len(list(end_faults(notes, swapped))) == 2
    params["w"][1, 2] = np.nextafter(np.float32(5), np.float32(6))
    assert list(end_faults(notes, params)) == [
        "member 1: params.safetensors does not hold its last checkpoint"
    ]
    assert "2 members" in next(end_faults(notes, {"w": np.ones(3)}))


@pytest.fixture
def record(world: Any) -> Record:
    found = read_record(world.record("run"))
    spec = {"run": SOUND.run, "members": list(SOUND.members)}
    noted = [
        {"updates": n, "sha256": list(row)}
        for n, row in zip(SOUND.updates, SOUND.sha256, strict=True)
    ]
    execution = {**found.execution, "checkpoints": noted, "failed_at_step": [-1, -1]}
    return replace(found, spec=spec, execution=execution)


def test_reads_what_a_record_says(record: Record, world: Any, tmp_path: Path) -> None:
    assert read_notes(record) == SOUND
    assert read_notes(read_record(world.record("run"))) is None


BAD: list[Any] = [
    5, [], {}, [1], [{}], [{"updates": 0}], [{"updates": 0, "sha256": 5}],
    [{"updates": 0, "sha256": ["a"]}], [{"updates": "0", "sha256": ["a", "b"]}],
    [{"updates": 0, "sha256": [1, 2]}], [{"updates": 0, "sha256": [["a"], "b"]}],
]  # fmt: skip


@pytest.mark.parametrize("noted", BAD)
def test_notes_of_another_shape_are_refused(record: Record, noted: Any) -> None:
    with pytest.raises(BadNotes):
        read_notes(replace(record, execution={**record.execution, "checkpoints": noted}))


@pytest.mark.faults
def test_checkpoints_of_a_release_obey_their_rules_whatever_the_code(
    trained: World, tmp_path: Path
) -> None:
    rows = noted(trained)
    note(trained, [rows[0], [rows[0][0], "b1"], rows[2]])
    copy = foreign(trained, tmp_path / "copy")
    write_release(copy.folder, STAMP)
    changed = trained.replaced(run={"steps": 9})
    found = audit(changed.graph, lock_again(copy), initial=lambda node: ["x", "x"])
    name = trained.node("run").id
    assert found.nodes[name].reasons == ("member 0: checkpoints of 0 and 5 updates are the same",)
    assert found.notes[name] == OTHER_CODE
