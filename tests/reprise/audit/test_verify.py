"""A tree proved from its content: what is intact, altered, withheld or hostile."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audited import by_kind, lock_again
from small_world import CONTENT, World

from reprise.audit.checkpoints import (
    UNNOTED,
)
from reprise.audit.verify import audit
from reprise.records import record as records
from reprise.records import tree as trees
from reprise.records.tree import LOCK, Tree


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
