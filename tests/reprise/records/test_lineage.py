"""What a tree records of a node and of everything before it."""

from pathlib import Path

import pytest
from small_world import World, small_graph

from reprise.records.lineage import Recorded, lineage
from reprise.records.tree import Tree


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Everything made."""
    return World(tmp_path, small_graph(code={})).make_all()


def of_figure(world: World, home: bool = True) -> dict[str, Recorded]:
    tree = Tree(world.root / "results" / "cpu", home)
    return lineage(world.graph, tree, world.node("figure"))


def test_the_lineage_is_what_the_figure_was_made_from_parents_first(world: World) -> None:
    found = of_figure(world)
    assert list(found) == ["demo/run/main/00", "demo/table/summary", "demo/figure/F1"]
    assert all(entry.record for entry in found.values())
    assert found["demo/figure/F1"].read("F1.svg") == world.output("figure").read_bytes()
    assert found["demo/figure/F1"].read("F2.svg") is None


def test_a_run_is_the_one_that_its_children_name(world: World) -> None:
    made = of_figure(world)["demo/run/main/00"]
    changed = world.replaced(run={"steps": 20}, code={})
    changed.make(changed.node("run"))
    assert of_figure(changed)["demo/run/main/00"].record == made.record


def test_a_record_that_is_gone_or_of_another_node_is_a_problem(world: World) -> None:
    world.record("table").write_bytes(world.record("figure").read_bytes())
    world.record("figure").unlink()
    found = of_figure(world)
    assert "no record of it" in found["demo/figure/F1"].problem
    assert "the record of another node" in found["demo/table/summary"].problem


def test_links_out_of_the_tree_are_not_followed(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "outside.svg"
    world.output("figure").rename(outside)
    world.output("figure").symlink_to(outside)
    entry = of_figure(world, home=False)["demo/figure/F1"]
    with pytest.raises(OSError, match="is a link to outside"):
        entry.read("F1.svg")
