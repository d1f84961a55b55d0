"""What is the same at two scales is made once: found, verified, taken over."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from small_world import CONTENT, World, small_graph

from reprise.audit.adopt import take_over
from reprise.cli.plan import show_plan, show_status
from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records.other_scales import nearest_scales
from reprise.records.record import read_record
from reprise.records.state import states
from reprise.records.tree import Tree
from reprise.specs.load import Config

RUN, ALONE, TABLE, FIGURE = small_graph().nodes


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project where scale cpu is made."""
    return World(tmp_path, small_graph(code={})).make_all()


def at_night(graph: Graph) -> Graph:
    nodes = graph.nodes.values()
    return Graph(Config(scale="night"), nodes={node.id: _at(node, "night") for node in nodes})


def _at(node: Node, scale: str) -> Node:
    def there(path: str) -> str:
        return path.replace("results/cpu/", f"results/{scale}/")

    outputs = tuple(map(there, node.outputs))
    return replace(node, scale=scale, outputs=outputs, record=there(node.record))


def night(world: World, graph: Graph | None = None) -> Plan:
    graph = at_night(graph or world.graph)
    return Plan(Project(world.root), graph, states(graph, Tree.own(world.root, "night")))


def taken(plan: Plan) -> list[str]:
    return take_over(plan.project, plan.graph, plan.twins)


def left_to_make(plan: Plan) -> list[str]:
    return [node.id for node in plan.todo()]


def planned(plan: Plan) -> str:
    text = io.StringIO()
    show_plan(plan, 2, False, Console(file=text, width=200))
    return text.getvalue()


def status(plan: Plan) -> str:
    text = io.StringIO()
    show_status(plan, False, Console(file=text, width=200))
    return text.getvalue()


def test_what_is_the_same_at_two_scales_is_made_once(world: World) -> None:
    plan = night(world)
    assert taken(plan) == [RUN, ALONE, TABLE]
    after = night(world)
    assert {name: s.name for name, s in after.states.items() if s.valid} == dict.fromkeys(
        (RUN, ALONE, TABLE), "current"
    )
    assert left_to_make(after) == [FIGURE], "its footer names the scale"
    assert after.twins == {}
    table = after.graph.nodes[TABLE]
    assert (world.root / table.outputs[0]).read_bytes() == CONTENT["summary.csv"]
    record = read_record(world.root / table.record)
    assert (record.node["scale"], record.node["made_at_scale"]) == ("night", "cpu")


def test_what_differs_is_made_again_with_all_that_is_made_of_it(world: World) -> None:
    other = small_graph(run={"steps": 5}, code={})
    plan = night(world, other)
    assert taken(plan) == [ALONE]
    assert left_to_make(night(world, other)) == [RUN, TABLE, FIGURE]


def test_an_input_that_has_other_content_here_is_no_place_for_what_was_made_of_it(
    world: World,
) -> None:
    here = World(world.root, at_night(world.graph))
    here.make(here.graph.nodes[RUN], {**CONTENT, "params.safetensors": b"other rounding"})
    assert list(night(world).twins) == [ALONE]


@pytest.mark.parametrize("damage", [b"forged", None])
def test_what_was_tampered_with_is_not_taken(world: World, damage: bytes | None) -> None:
    output = world.output("run", "metrics.csv")
    output.write_bytes(damage) if damage else output.unlink()
    assert taken(night(world)) == [ALONE]


def test_what_is_altered_after_the_plan_is_left_with_all_that_was_made_of_it(
    world: World,
) -> None:
    plan = night(world)
    assert set(plan.twins) == {RUN, ALONE, TABLE}
    world.output("run", "metrics.csv").write_bytes(b"forged")
    assert taken(plan) == [ALONE]
    assert left_to_make(night(world)) == [RUN, TABLE, FIGURE]


def test_what_is_valid_here_stays_and_nothing_is_looked_for_without_another_tree(
    world: World,
) -> None:
    World(world.root, at_night(world.graph)).make_all()
    assert night(world).twins == {}
    shutil.rmtree(world.root / "results")
    assert night(world).twins == {}


def test_a_plan_counts_what_will_be_taken_over_as_no_work(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = night(world)
    said = planned(plan)
    assert "1 job, " in said
    assert "Besides, 'reprise run' takes over 3 results of scale cpu, the same at this one" in said
    show_plan(plan, 2, True, Console())
    found = json.loads(capsys.readouterr().out)
    assert [job["id"] for job in found["jobs"]] == [FIGURE]
    assert found["taken_over"] == dict.fromkeys((RUN, ALONE, TABLE), "cpu")


def test_the_status_says_what_is_the_same_elsewhere(world: World) -> None:
    assert "takes over 3 results of scale cpu" in status(night(world))
    World(world.root, at_night(world.graph)).make(night(world).graph.nodes[ALONE])
    assert "missing (the same at scale cpu)" in status(night(world))


@pytest.mark.parametrize(
    ("scale", "first"), [("night", "cpu"), ("cpu", "night"), ("gpu", "paper"), ("paper", "gpu")]
)
def test_the_most_alike_scale_comes_first(scale: str, first: str) -> None:
    assert nearest_scales(scale)[0] == first
    assert scale not in nearest_scales(scale)
