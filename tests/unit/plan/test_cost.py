"""Costs come from earlier makings of the same node, wherever they are recorded."""

import json
import shutil
from dataclasses import replace
from typing import Any

import pytest
from recorded_trainings import GPU, node_of, record_training
from reprise.execution.evidence import work_digest
from reprise.execution.guesses import SPREAD
from reprise.execution.nominal import FACTOR, PEAKS, SHARE, UPDATE_S
from reprise.execution.samples import FIRST_UPDATES
from small_world import CONTENT, EXECUTION, make, small_graph

from reprise.graph.nodes import Node
from reprise.plan.cost import COUNTED, GUESSED, RECORDED, Costs, estimate
from reprise.provenance.record import write_record
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import write_bytes, write_json


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


def test_a_run_with_other_steps_is_told_from_what_was_recorded_of_it(empty: Any) -> None:
    root = empty.world.root
    record_training(root, node_of())
    cost = estimate(empty.project, node_of(steps=1200))
    update_s = (10.0 - 2.0) / (121 - FIRST_UPDATES)
    assert cost.basis == COUNTED
    compiling_s = 2.0 - FIRST_UPDATES * update_s
    assert cost.seconds == pytest.approx(1.0 + compiling_s + 1201 * update_s)


def test_a_run_whose_flops_nobody_knows_is_a_guess_until_they_are_counted(empty: Any) -> None:
    record_training(empty.world.root, node_of())
    larger = node_of(model={"name": "parity_mlp", "hidden": 80})
    costs = Costs(empty.project, {larger.id: larger})
    before = costs.of(larger)
    (digest,) = costs.uncounted([larger, node_of()])
    counts = {"flops": 1e7, "params": 1e6, "state": 3e6, "views": 0.0, "kept": 1e8}
    write_json(empty.project.cache / "flops.json", {digest: counts})
    costs.counted_again()
    after = costs.of(larger)
    assert (before.basis, after.basis) == (GUESSED, COUNTED)
    assert before.factor >= SPREAD
    assert after.seconds > 5 * before.seconds
    assert after.peak_memory_bytes == 3 * 10**8 + 2 * 3 * 3_000_000 + 10**8
    assert after.output_bytes == pytest.approx(3 * 1e6, rel=0.05)
    assert costs.uncounted([larger]) == {}


def test_without_any_record_a_run_is_a_guess(empty: Any) -> None:
    cost = estimate(empty.project, node_of())
    assert (cost.basis, cost.seconds) == (GUESSED, 60)


def test_a_calibration_alone_tells_widely(empty: Any) -> None:
    node, cache = node_of(steps=10_000_000), empty.project.cache
    best = {"cpu Some Processor, float32, exact, threads 1": 5e10}
    write_json(cache / "calibration.json", {"schema": 1, "flops_per_s": best})
    counts = {"flops": 1e9, "params": 1e3, "state": 3e3, "views": 0.0, "kept": 1e3}
    write_json(cache / "flops.json", {work_digest(node.spec["run"]): counts})
    cost = estimate(empty.project, node)
    assert (cost.basis, cost.factor) == (GUESSED, FACTOR)
    wanted = 3 * 10_000_001 * (UPDATE_S + 1e9 / (SHARE * 5e10))
    assert cost.seconds == pytest.approx(wanted, rel=0.01)


def test_what_another_device_made_does_not_tell_the_time_on_this_one(empty: Any) -> None:
    node, root = node_of(), empty.world.root
    record_training(root, node, device=GPU)
    record_training(root, node_of("slow/00"), wall_s=101.0, train_s=100.0, compile_s=20.0)
    costs = Costs(empty.project)
    assert costs.of(node).basis == COUNTED
    assert costs.of(node).seconds == pytest.approx(101.0)
    costs.on("H100")
    assert (costs.of(node).basis, costs.of(node).seconds) == (RECORDED, 11.0)
    assert not costs.by_data_sheet


def test_a_device_without_records_is_told_by_its_data_sheet_and_widely(empty: Any) -> None:
    node = node_of(steps=10_000_000)
    record_training(empty.world.root, node_of())
    costs = Costs(empty.project)
    costs.on("a100")
    cost, updates = costs.of(node), 3 * 10_000_001
    assert costs.by_data_sheet
    assert (cost.basis, cost.factor) == (GUESSED, FACTOR)
    wanted = updates * (UPDATE_S + 1e6 / (SHARE * PEAKS["a100"]["float32"]))
    assert cost.seconds == pytest.approx(wanted, rel=0.01)


def test_an_unknown_device_is_refused_with_the_nearest_one(empty: Any) -> None:
    with pytest.raises(ConfigError, match=r"'gtx 100'.*did you mean 'h100'"):
        Costs(empty.project).on("GTX 100")


@pytest.mark.parametrize(
    ("params", "seconds", "basis"),
    [({"queries": 5}, 1.5, RECORDED), ({"queries": 20}, 6.0, GUESSED)],
)
def test_a_dataset_with_other_settings_grows_with_its_counts(
    empty: Any, params: dict[str, Any], seconds: float, basis: str
) -> None:
    def dataset(params: dict[str, Any], code: dict[str, str]) -> Node:
        place = "results/cpu/demo/datasets/words-{mark}/params.safetensors"
        return make("dataset", "words", {"params": params}, (place,), (), code)

    empty.world.make(dataset({"queries": 5}, {}))
    cost = estimate(empty.project, dataset(params, {"reprise.lib:edited": "1" * 64}))
    assert (cost.seconds, cost.basis) == (pytest.approx(seconds), basis)


def test_a_table_of_another_scale_grows_with_the_networks_that_it_reads(empty: Any) -> None:
    root = empty.world.root
    small, large = node_of(), node_of(scale="gpu", model={"name": "parity_mlp", "hidden": 80})
    record_training(root, small)
    record_training(root, large, flops=5e6 * 3 * 121, device=GPU)
    place = "results/{}/demo/tables/summary.csv"
    spec = {"entry": "tables:summary"}
    before = make("table", "summary", spec, (place.format("cpu"),), (small,), {})
    after = make("table", "summary", spec, (place.format("gpu"),), (large,), {})
    after = replace(after, scale="gpu")
    inputs = {small.id: {"fingerprint": small.fingerprint, "outputs": {}}}
    write_bytes(root / before.outputs[0], CONTENT["summary.csv"])
    write_record(root, before, inputs, EXECUTION)
    cost = Costs(empty.project, {n.id: n for n in (large, after)}).of(after)
    assert (cost.seconds, cost.basis, cost.factor) == (pytest.approx(5 * 1.5), GUESSED, SPREAD)
