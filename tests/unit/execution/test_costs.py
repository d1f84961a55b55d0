"""Costs come from earlier makings of the same node, wherever they are recorded."""

import json
import shutil
from typing import Any

import pytest
from small_world import EXECUTION, small_graph

from reprise.execution.costs import estimate


def test_a_node_never_made_is_guessed(empty: Any) -> None:
    for node in empty.world.graph.nodes.values():
        cost = estimate(empty.project, node)
        assert not cost.measured
        assert cost.seconds > 0
        assert cost.output_bytes > 0


def test_a_node_made_before_costs_what_it_did(planned: Any) -> None:
    node = planned.world.node("run")
    cost = estimate(planned.project, node)
    sizes = sum((planned.world.root / path).stat().st_size for path in node.outputs)
    assert (cost.measured, cost.seconds, cost.output_bytes) == (True, 1.5, sizes)
    assert cost.peak_memory_bytes == EXECUTION["peak_memory_bytes"]


def test_other_settings_of_a_run_are_the_best_guess(planned: Any) -> None:
    changed = small_graph(run={"steps": 99}, code={})
    run = next(node for node in changed.nodes.values() if node.name == "main/00")
    assert run.record != planned.world.node("run").record
    assert estimate(planned.project, run).seconds == 1.5


def test_the_published_record_of_another_machine_counts(planned: Any) -> None:
    node = planned.world.node("table")
    published = planned.world.root / "results" / "published" / "cpu" / "demo" / "tables"
    shutil.move(planned.world.output("table").parent, published)
    assert estimate(planned.project, node).measured


def test_an_unreadable_record_is_passed_over(planned: Any) -> None:
    planned.world.record("table").write_text("{")
    assert not estimate(planned.project, planned.world.node("table")).measured


@pytest.mark.parametrize(
    ("seconds", "memory", "runtime_min", "memory_mb"),
    [(1.0, 2**20, 10, 1000), (600.0, 8 * 2**30, 50, 17000), (601.0, 500 * 2**20, 60, 1000)],
)
def test_reservations_are_generous_and_have_a_floor(
    planned: Any, seconds: float, memory: int, runtime_min: int, memory_mb: int
) -> None:
    path = planned.world.record("run")
    record = json.loads(path.read_text())
    record["predicate"]["execution"] |= {"wall_s": seconds, "peak_memory_bytes": memory}
    path.write_text(json.dumps(record))
    plan, node = planned.plan(), planned.world.node("run")
    assert (plan.runtime_min(node), plan.memory_mb(node)) == (runtime_min, memory_mb)
