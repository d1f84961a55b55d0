"""A published tree is judged as of the release on its stamp, whatever the code at hand says."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from audited import STAMP, by_kind, lock_again
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_world import World

from reprise.audit.verify import audit
from reprise.records.state import State
from reprise.records.tree import LOCK, RELEASE, Tree, lock_text, write_release


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
