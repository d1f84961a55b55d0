"""Audits of whole trees: what is withheld, what is hostile, and the rules of checkpoints."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_world import CONTENT, EXECUTION, World, small_graph

from reprise.provenance.audit import OTHER_VERSIONS, Audit, audit
from reprise.provenance.checkpoints import UNNOTED, member_digest
from reprise.records import record as records
from reprise.records import tree as trees
from reprise.records.record import read_record, write_record
from reprise.records.tree import LOCK, Tree, lock_text
from reprise.storage.tensors import encode


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


def test_a_copied_checkpoint_is_tampered(trained: World) -> None:
    rows = noted(trained)
    note(trained, [rows[0], [rows[0][0], "b1"], rows[2]])
    state = run_state(trained)
    assert state.name == "tampered"
    assert state.reasons == ("member 0: checkpoints of 0 and 5 updates are the same",)


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
