"""Audits of whole trees: what is withheld, what is hostile, and the rules of checkpoints."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_world import CONTENT, EXECUTION, World, small_graph

from reprise.audit.verify import (
    OTHER_CODE,
    OTHER_VERSIONS,
    UNNOTED,
    Audit,
    BadNotes,
    Notes,
    audit,
    end_faults,
    faults,
    read_notes,
)
from reprise.records import record as records
from reprise.records import tree as trees
from reprise.records.record import Record, read_record, write_record
from reprise.records.state import State
from reprise.records.tree import LOCK, RELEASE, Release, Tree, lock_text, write_release
from reprise.storage.tensors import encode, member_digest


def foreign(world: World, folder: Path) -> Tree:
    """A copy of everything but checkpoints, with a lock, as a publication is."""
    shutil.copytree(world.root / "results" / "cpu", folder)
    for path in folder.rglob("*/runs/*/*/*"):
        if path.name != "record.json":
            path.unlink()
    (folder / LOCK).write_text(lock_text(folder))
    return Tree(folder)


@pytest.fixture
def tree(world: World, tmp_path: Path) -> Tree:
    return foreign(world, tmp_path / "copy")


def lock_again(tree: Tree) -> Tree:
    (tree.folder / LOCK).write_text(lock_text(tree.folder))
    return Tree(tree.folder)


def by_kind(world: World, found: Audit) -> dict[str, Any]:
    return {world.graph.nodes[i].kind: s for i, s in found.nodes.items() if "alone" not in i}


def test_an_intact_copy_verifies_and_says_what_it_withholds(world: World, tree: Tree) -> None:
    found = audit(world.graph, tree)
    assert (found.exit_code, found.verdict) == (0, "verified")
    assert found.counts == {"current": 4}
    assert set(found.withheld) == {n.id for n in world.graph.nodes.values() if n.kind == "run"}
    assert set(found.notes.values()) == {UNNOTED}
    assert found.unclaimed == ()
    assert found.digest == hashlib.sha256((tree.folder / LOCK).read_bytes()).hexdigest()


def test_the_own_tree_withholds_nothing(world: World) -> None:
    own = Tree.own(world.root, "cpu")
    assert audit(world.graph, own).withheld == {}
    world.output("run", "params.safetensors").unlink()
    assert by_kind(world, audit(world.graph, own))["run"].name == "missing"


def test_only_checkpoints_may_be_withheld(world: World, tree: Tree) -> None:
    tree.path(world.node("table").outputs[0]).unlink()
    found = audit(world.graph, lock_again(tree))
    assert by_kind(world, found)["table"].reasons == ("demo/tables/summary.csv is missing",)
    assert found.exit_code == 3


def test_digests_of_withheld_checkpoints_are_chained(world: World, tree: Tree) -> None:
    """A run's record exchanged for that of another training of the same spec."""
    world.make(world.node("run"), {**CONTENT, "params.safetensors": b"other"})
    shutil.copyfile(world.record("run"), tree.path(world.node("run").record))
    found = audit(world.graph, lock_again(tree))
    assert by_kind(world, found)["table"].name == "stale"
    assert "other content" in by_kind(world, found)["table"].reasons[0]


def test_a_checkpoint_that_lies_there_unlisted_is_checked_all_the_same(
    world: World, tree: Tree
) -> None:
    path = tree.path(world.node("run").outputs[0])
    shutil.copyfile(world.output("run", "params.safetensors"), path)
    assert audit(world.graph, tree).exit_code == 0
    path.write_bytes(b"forged")
    (reason,) = by_kind(world, audit(world.graph, tree))["run"].reasons
    assert "params.safetensors differs from its record" in reason


def test_a_record_made_to_match_a_forged_table_is_caught_by_the_lock(
    world: World, tree: Tree
) -> None:
    forged = World(tree.folder.parent / "forged", world.graph)
    shutil.copytree(world.root / "results", forged.root / "results")
    forged.make(forged.node("table"), {"summary.csv": b"quantity,value\na,9\n"})
    for path in (*world.node("table").outputs, world.node("table").record):
        shutil.copyfile(forged.root / path, tree.path(path))
    reasons = by_kind(world, audit(world.graph, tree))["table"].reasons
    assert reasons == (
        "demo/tables/summary.csv differs from the lock",
        "demo/tables/summary.record.json differs from the lock",
    )
    relocked = audit(world.graph, lock_again(tree))
    assert by_kind(world, relocked)["figure"].name == "stale", "its record knows the true table"


SAID: dict[str, Callable[[Any], Any]] = {
    "parameters": lambda said: said["spec"].update(entry="other"),
    "seeds": lambda said: said["node"].update(seeds=[7]),
    "scale": lambda said: said["node"].update(scale="paper"),
    "id": lambda said: said["node"].update(id="demo/table/other"),
    "code": lambda said: said["code"].clear(),
}


@pytest.mark.parametrize("what", SAID)
def test_a_record_may_not_say_other_than_its_fingerprint(
    world: World, tree: Tree, what: str
) -> None:
    path = tree.path(world.node("table").record)
    statement = json.loads(path.read_text())
    SAID[what](statement["predicate"])
    path.write_text(json.dumps(statement))
    found = by_kind(world, audit(world.graph, lock_again(tree)))["table"]
    assert found.name == "tampered"
    assert f"its {what} are not those of its fingerprint" in found.reasons[0]


def test_locked_files_that_no_node_makes_are_checked_and_others_named(
    world: World, tree: Tree
) -> None:
    for name in ("gone.txt", "changed.txt", "kept.txt"):
        (tree.folder / name).write_text(name)
    tree = lock_again(tree)
    (tree.folder / "gone.txt").unlink()
    (tree.folder / "changed.txt").write_text("x")
    (tree.folder / "extra.txt").write_text("x")
    found = audit(world.graph, tree)
    assert {name: s.name for name, s in found.files.items()} == {
        "gone.txt": "missing",
        "changed.txt": "tampered",
    }
    assert found.unclaimed == ("changed.txt", "extra.txt", "kept.txt")
    assert found.exit_code == 4


def test_one_paper_is_judged_alone(world: World, tree: Tree) -> None:
    (tree.folder / "other").mkdir()
    (tree.folder / "other" / "x").write_text("x")
    tree = lock_again(tree)
    (tree.folder / "other" / "x").unlink()
    assert audit(world.graph, tree).exit_code == 3
    assert audit(world.graph, tree, ["demo"]).exit_code == 0
    assert audit(world.graph, tree, ["other"]).nodes == {}


def test_an_audit_writes_nothing(world: World, tree: Tree) -> None:
    def content() -> dict[str, tuple[int, bytes]]:
        return {
            n: ((p := tree.folder / n).stat().st_mtime_ns, p.read_bytes()) for n in tree.files()
        }

    before = content()
    audit(world.graph, tree)
    assert content() == before


# Hostile trees. Each answer is a state; none is a crash, a hang, or a look at another place.


@pytest.mark.parametrize(
    "line", ["../../etc/passwd", "/etc/passwd", "a/../../b", "a\0b", "", "x\n" + "0" * 64 + "  x"]
)
def test_a_hostile_lock_makes_everything_unverifiable(world: World, tree: Tree, line: str) -> None:
    (tree.folder / LOCK).write_text(f"{'0' * 64}  {line}\n")
    found = audit(world.graph, Tree(tree.folder))
    assert found.exit_code == 4
    assert {state.name for state in found.nodes.values()} == {"unverifiable"}
    assert found.files[LOCK].name == "unverifiable"


@pytest.mark.parametrize("kind", ["output", "record", "folder", "lock", "circle"])
def test_a_link_to_outside_is_not_followed(
    world: World, tree: Tree, tmp_path: Path, kind: str
) -> None:
    """Even where the content behind the link is the right one."""
    node = world.node("table")
    place = {
        "output": tree.path(node.outputs[0]),
        "record": tree.path(node.record),
        "folder": tree.path(node.record).parent,
        "lock": tree.folder / LOCK,
        "circle": tree.path(node.record),
    }[kind]
    outside = tmp_path / "outside"
    place.rename(outside)
    place.symlink_to(place if kind == "circle" else outside)
    found = audit(world.graph, Tree(tree.folder))
    assert by_kind(world, found)["table"].name == "unverifiable"
    assert found.exit_code == 4


def test_a_link_inside_the_tree_is_followed(world: World, tree: Tree) -> None:
    path = tree.path(world.node("table").outputs[0])
    path.rename(path.with_name("elsewhere.csv"))
    path.symlink_to("elsewhere.csv")
    assert by_kind(world, audit(world.graph, Tree(tree.folder)))["table"].name == "current"


def test_links_of_the_own_tree_are_the_users(world: World, tmp_path: Path) -> None:
    folder = world.record("run").parent
    folder.rename(tmp_path / "scratch")
    folder.symlink_to(tmp_path / "scratch")
    assert audit(world.graph, Tree.own(world.root, "cpu")).exit_code == 0


@pytest.mark.parametrize("target", ["record", "lock"])
def test_a_pipe_is_not_waited_for(world: World, tree: Tree, target: str) -> None:
    place = tree.folder / LOCK if target == "lock" else tree.path(world.node("table").record)
    place.unlink()
    os.mkfifo(place)
    found = audit(world.graph, Tree(tree.folder))
    assert by_kind(world, found)["table"].name == "unverifiable"


def test_what_is_too_large_is_not_read(
    world: World, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sparse file under a record's name; then everything is too large."""
    path = tree.path(world.node("table").record)
    with path.open("wb") as file:
        file.truncate(2**26 + 1)
    (reason,) = by_kind(world, audit(world.graph, Tree(tree.folder)))["table"].reasons
    assert reason == "demo/tables/summary.record.json: larger than 64 MB, not read"
    monkeypatch.setattr(records, "LIMIT", 10)
    monkeypatch.setattr(trees, "LIMIT", 10)
    states = audit(world.graph, Tree(tree.folder)).nodes.values()
    assert {state.name for state in states} == {"unverifiable"}


def test_hostile_values_are_named_shortly(world: World, tree: Tree) -> None:
    path = tree.path(world.node("table").record)
    statement = json.loads(path.read_text())
    nested: Any = "x" * 10**6
    for _ in range(500):
        nested = [nested, {"a": nested}] if not isinstance(nested, list) else [nested]
    statement["predicate"].update(fingerprint="0", spec={"entry": nested, "long": "y" * 10**6})
    path.write_text(json.dumps(statement))
    found = by_kind(world, audit(world.graph, lock_again(tree)))["table"]
    assert found.name == "stale"
    assert len(found.reasons) == 2 and all(len(reason) < 1000 for reason in found.reasons)


# Published trees: they belong to the release on their stamp.

STAMP = Release("1.2.3", "0123456789abcdef", False, "2026-01-31", "Some Processor")


@pytest.fixture
def released(world: World, tree: Tree) -> Tree:
    write_release(tree.folder, STAMP)
    return lock_again(tree)


def newer(world: World) -> World:
    """The code of the table was changed since, so that it and the figure would be made again."""
    return world.replaced(table_code="2")


def test_a_published_tree_says_its_release(world: World, released: Tree) -> None:
    found = audit(world.graph, released)
    assert (found.exit_code, found.release, found.again) == (0, STAMP, 0)
    assert (found.counts, found.unclaimed) == ({"current": 4}, ())


@pytest.mark.parametrize(
    ("choices", "again"),
    [({"table_code": "2"}, 2), ({"code": {"other:f": "1" * 64}}, 4), ({"run": {"steps": 9}}, 3)],
)
def test_code_that_went_on_does_not_accuse_a_release(
    world: World, released: Tree, choices: Any, again: int
) -> None:
    found = audit(world.replaced(**choices).graph, released)
    assert (found.exit_code, found.again) == (0, again)
    assert (found.counts, found.unclaimed) == ({"current": 4}, ())
    assert sum(map(len, found.withheld.values())) == 3


def test_without_a_stamp_and_at_home_what_is_stale_stays_stale(world: World, tree: Tree) -> None:
    assert audit(newer(world).graph, tree).exit_code == 3
    own = Tree.own(world.root, "cpu")
    write_release(own.folder, STAMP)
    (own.folder / LOCK).write_text(lock_text(own.folder))
    found = audit(newer(world).graph, own)
    assert (found.exit_code, found.release) == (3, None)


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.faults
@pytest.mark.parametrize("again", [False, True], ids=["same code", "newer code"])
@pytest.mark.parametrize("kind", ["table", "figure", "record", "stamp"])
def test_what_was_altered_in_a_release_is_tampered(
    world: World, released: Tree, kind: str, again: bool
) -> None:
    paths = {kind: world.node(kind).outputs[0] for kind in ("table", "figure")}
    paths["record"] = world.node("table").record
    spoil(released.folder / RELEASE if kind == "stamp" else released.path(paths[kind]))
    found = audit((newer(world) if again else world).graph, Tree(released.folder))
    assert found.exit_code == 4
    assert "tampered" in {state.name for state in found.faults.values()}


@pytest.mark.faults
def test_an_altered_table_with_a_new_lock_differs_from_its_record(
    world: World, released: Tree
) -> None:
    path = released.path(world.node("table").outputs[0])
    path.write_bytes(path.read_bytes().replace(b"0.25", b"0.26"))
    found = audit(newer(world).graph, lock_again(released))
    (reason,) = by_kind(world, found)["table"].reasons
    assert reason.endswith("differs from its record: row 1 altered, column value")
    assert found.exit_code == 4


@pytest.mark.faults
def test_a_result_of_a_release_exchanged_with_its_record_is_known_by_what_read_it(
    world: World, released: Tree
) -> None:
    node = world.node("table")
    world.make(node, {"summary.csv": b"quantity,value\na,9\n"})
    for path in (*node.outputs, node.record):
        shutil.copyfile(world.root / path, released.path(path))
    found = audit(newer(world).graph, lock_again(released))
    assert by_kind(world, found)["figure"].reasons == (
        f"input {node.id} is not the one that it was made from",
    )
    assert found.exit_code == 4


def test_a_release_that_lacks_something_is_incomplete(world: World, released: Tree) -> None:
    node = world.node("table")
    released.path(node.outputs[0]).unlink()
    assert audit(newer(world).graph, released).exit_code == 3
    released.path(node.record).unlink()
    found = audit(newer(world).graph, lock_again(released))
    assert found.faults == {
        world.node("figure").id: State("missing", (f"input {node.id} has no record in this tree",))
    }


@pytest.mark.faults
@pytest.mark.parametrize("content", ["[" * 10_000, "{}", ""])
def test_a_record_of_a_release_that_cannot_be_read(
    world: World, released: Tree, content: str
) -> None:
    released.path(world.node("run").record).write_text(content)
    changed = world.replaced(run={"steps": 9})
    found = audit(changed.graph, lock_again(released))
    name = released.name(world.node("run").record)
    assert (found.exit_code, found.files[name].name) == (4, "unverifiable")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside nested dicts and lists."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, inner in inside:
        more = places(inner, (*path, name)) if isinstance(inner, dict | list) else []
        found += [(*path, name), *more]
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
def test_no_damaged_record_of_a_release_stops_an_audit(
    world: World, released: Tree, data: st.DataObject
) -> None:
    path = released.path(world.node("table").record)
    good = path.read_bytes()
    statement = json.loads(good)
    *parents, last = data.draw(st.sampled_from(places(statement)))
    holder = statement
    for part in parents:
        holder = holder[part]
    holder[last] = data.draw(st.sampled_from([None, 5, "x", [], {}, {"a": 1}]))
    path.write_text(json.dumps(statement))
    try:
        found = audit(newer(world).graph, lock_again(released))
    finally:
        path.write_bytes(good)
    assert found.nodes[world.node("run").id].name == "current"


BAD_STAMPS = ["", "[]", "{}", "5", "[" * 10_000, '{"version": 1}', "\udcff"]


@pytest.mark.parametrize("content", BAD_STAMPS)
def test_a_stamp_that_cannot_be_used_is_unverifiable(
    world: World, released: Tree, content: str
) -> None:
    (released.folder / RELEASE).write_text(content, errors="surrogateescape")
    found = audit(world.graph, lock_again(released))
    assert (found.exit_code, found.files[RELEASE].name) == (4, "unverifiable")
    assert audit(newer(world).graph, Tree(released.folder)).exit_code == 4


def test_a_stamp_put_into_a_tree_of_others_excuses_nothing(world: World, tree: Tree) -> None:
    write_release(tree.folder, STAMP)
    found = audit(newer(world).graph, tree)
    assert found.files[RELEASE].reasons == ("is not in the lock of the tree",)
    assert found.exit_code == 4


def test_of_one_paper_only_its_nodes_are_counted(world: World, released: Tree) -> None:
    graph = newer(world).graph
    assert audit(graph, released, ["demo"]).again == 2
    other = audit(graph, released, ["other"])
    assert (other.exit_code, other.again, other.nodes) == (0, 0, {})
    spoil(released.folder / RELEASE)
    assert audit(graph, Tree(released.folder), ["other"]).exit_code == 4


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


# Checkpoints.

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
