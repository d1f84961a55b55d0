"""A tree is known by its records, wherever it lies: all of it, or what one node was made from."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_world import World, small_graph

from reprise.records.tree import OutsideTree, Recorded, Tree, lineage, take_inventory
from reprise.specs.errors import ConfigError


def tree(world: Any) -> Path:
    return Path(world.root) / "results" / "cpu"


def test_every_node_with_a_record_is_found(world: Any) -> None:
    found = take_inventory(tree(world))
    assert set(found.entries) == set(world.graph.nodes)
    assert found.scales == {"cpu": 4}
    assert found.problems == ()


@pytest.mark.parametrize("place", ["results", "results/cpux", "results/cpu/demo"])
def test_a_folder_that_is_no_tree_is_named_with_the_nearest(world: Any, place: str) -> None:
    with pytest.raises(ConfigError, match=r"is no .*did you mean '.*results/cpu'"):
        take_inventory(world.root / place)


def test_of_two_settings_of_a_run_the_one_that_was_read_counts(world: Any) -> None:
    used = world.node("run").fingerprint
    folder = world.record("run").parent
    for mark in ("000000000000", "ffffffffffff"):
        other = folder.with_name(f"00-{mark}")
        shutil.copytree(folder, other)
        record = other / "record.json"
        record.write_text(record.read_text().replace(used, mark))
    assert take_inventory(tree(world)).entries["demo/run/main/00"].record.fingerprint == used


def test_records_that_cannot_be_used_are_problems(world: Any) -> None:
    world.record("figure").write_text("{}")
    statement = json.loads(world.record("table").read_text())
    statement["predicate"]["node"]["kind"] = "figure"
    world.record("table").write_text(json.dumps(statement))
    found = take_inventory(tree(world))
    assert {entry.kind for entry in found.entries.values()} == {"run"}
    assert len(found.problems) == 2


def test_links_out_of_the_tree_are_not_followed(world: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("x\n1\n")
    world.output("table").unlink()
    world.output("table").symlink_to(secret)
    entry = take_inventory(tree(world)).entries["demo/table/summary"]
    with pytest.raises(OutsideTree, match="link"):
        entry.read("summary.csv")
    shutil.copy(world.record("figure"), tmp_path / "record.json")
    world.record("figure").unlink()
    world.record("figure").symlink_to(tmp_path / "record.json")
    assert "link" in take_inventory(tree(world)).problems[0]


@pytest.fixture
def made(tmp_path: Path) -> World:
    """Everything made."""
    return World(tmp_path, small_graph(code={})).make_all()


def of_figure(world: World) -> dict[str, Recorded]:
    return lineage(world.graph, Tree.own(world.root, "cpu"), world.node("figure"))


def test_the_lineage_is_what_the_figure_was_made_from_parents_first(made: World) -> None:
    found = of_figure(made)
    assert list(found) == ["demo/run/main/00", "demo/table/summary", "demo/figure/F1"]
    assert all(entry.record for entry in found.values())
    figure = found["demo/figure/F1"].entry
    assert figure is not None
    assert figure.read("F1.svg") == made.output("figure").read_bytes()
    assert figure.read("F2.svg") is None


def test_a_run_is_the_one_that_its_children_name(made: World) -> None:
    before = of_figure(made)["demo/run/main/00"]
    changed = made.replaced(run={"steps": 20}, code={})
    changed.make(changed.node("run"))
    assert of_figure(changed)["demo/run/main/00"].record == before.record


def test_a_record_that_is_gone_or_of_another_node_is_a_problem(made: World) -> None:
    made.record("table").write_bytes(made.record("figure").read_bytes())
    made.record("figure").unlink()
    found = of_figure(made)
    assert "no record of it" in found["demo/figure/F1"].problem
    assert "the record of another node" in found["demo/table/summary"].problem
