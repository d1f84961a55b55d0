"""Costs from records of earlier makings, and their sums."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded_trainings import GPU, node_of, record_training
from small_world import EXECUTION, World, datasets, small_graph

from reprise.graph.nodes import KINDS, Node
from reprise.plan.cost import (
    ELSEWHERE,
    GUESSED,
    RANGE,
    RECORDED,
    TOGETHER,
    Cost,
    Costs,
    makespan,
    sum_up,
    urgent,
)
from reprise.project import Project

NODES = list(small_graph(code={}).nodes.values())
RUN, ALONE, TABLE, FIGURE = NODES


def cost(root: Path, node: Node) -> Cost:
    return Costs(Project(root)).of(node)


def recoded(node: Node) -> Node:
    """The same node after its code was edited."""
    return replace(node, fingerprint="e" * 64, record=node.record.replace("-", "-e", 1))


def test_a_node_never_made_is_guessed(empty: Any) -> None:
    for node in empty.world.graph.nodes.values():
        found = cost(empty.world.root, node)
        assert (found.basis, found.measured) == (GUESSED, False)
        assert 0 < found.low_s < found.seconds < found.high_s
        assert found.output_bytes > 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_default(tmp_path: Path, kind: str) -> None:
    assert cost(tmp_path, replace(TABLE, kind=kind)).seconds > 0


def test_a_node_made_before_costs_what_it_did(planned: Any) -> None:
    node = planned.world.node("run")
    found = cost(planned.world.root, node)
    sizes = sum((planned.world.root / path).stat().st_size for path in node.outputs)
    assert (found.basis, found.seconds, found.output_bytes) == (RECORDED, 1.5, sizes)
    assert found.peak_memory_bytes == EXECUTION["peak_memory_bytes"]
    assert found.high_s == 1.5 * RANGE[RECORDED]


def test_other_settings_of_a_run_are_the_best_guess(planned: Any) -> None:
    changed = small_graph(run={"steps": 99, "optimizer": {"learning_rate": 7}}, code={})
    run = next(node for node in changed.nodes.values() if node.name == "main/00")
    assert run.record != planned.world.node("run").record
    found = cost(planned.world.root, run)
    assert (found.basis, found.seconds) == (GUESSED, 1.5)


def test_a_dataset_whose_name_goes_on_tells_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, datasets("a", "a-b"))
    a, longer = world.graph.nodes.values()
    world.make(longer)
    assert cost(tmp_path, longer).seconds == 1.5
    assert cost(tmp_path, a).seconds == cost(tmp_path / "empty", a).seconds


def test_the_published_record_of_another_machine_counts(planned: Any) -> None:
    published = planned.world.root / "results" / "published" / "cpu" / "demo" / "tables"
    shutil.move(planned.world.output("table").parent, published)
    assert cost(planned.world.root, planned.world.node("table")).measured


def test_a_record_of_another_processor_tells_less(
    planned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reprise.records.state.processor", lambda: "Another Processor")
    found = cost(planned.world.root, planned.world.node("run"))
    assert (found.basis, found.seconds, found.measured) == (ELSEWHERE, 1.5, True)
    assert found.high_s == 1.5 * RANGE[ELSEWHERE] > 1.5 * RANGE[RECORDED]


def test_an_unreadable_record_is_passed_over(planned: Any) -> None:
    planned.world.record("table").write_text("{")
    assert not cost(planned.world.root, planned.world.node("table")).measured


@pytest.mark.parametrize(
    "odd",
    [{"phases_s": {"steps": "long"}}, {"phases_s": None}, {"resumed_from_step": 120}],
)
def test_odd_records_count_with_their_whole_time(tmp_path: Path, odd: dict[str, Any]) -> None:
    record_training(tmp_path, node_of(), **odd)
    assert cost(tmp_path, node_of(steps=1200)).seconds == 11.0


@pytest.mark.parametrize(
    ("changes", "updates", "members"),
    [({"steps": 1200}, 1201 / 121, 1), ({"members": {"seed": [0, 1, 2, 3, 4, 5]}}, 2, 2)],
)
def test_a_run_of_other_steps_or_members_takes_its_updates_in_proportion(
    tmp_path: Path, changes: dict[str, Any], updates: float, members: int
) -> None:
    record_training(tmp_path, node_of())
    found = cost(tmp_path, node_of(**changes))
    assert found.basis == RECORDED
    assert found.seconds == pytest.approx(1.0 + 2.0 + updates * 8.0), "start, compilation, updates"
    assert found.output_bytes == members * len(b"weights")


def test_a_resumed_training_timed_only_its_last_updates(tmp_path: Path) -> None:
    record_training(tmp_path, node_of(), resumed_from_step=60)
    found = cost(tmp_path, node_of())
    assert found.seconds == pytest.approx(3.0 + 8.0 * 121 / 60)


def test_a_training_that_was_resumed_at_its_end_timed_no_updates(tmp_path: Path) -> None:
    resumed = {"phases_s": {"start": 1.0}, "resumed_from_step": 120, "wall_s": 1.0}
    record_training(tmp_path, node_of(), **resumed)
    assert cost(tmp_path, node_of()).seconds == 1.0, "all updates were made before"


def test_other_settings_are_a_guess_however_many_steps(tmp_path: Path) -> None:
    record_training(tmp_path, node_of())
    larger = node_of(model={"name": "parity_mlp", "hidden": 80}, steps=1200)
    found = cost(tmp_path, larger)
    assert found.basis == GUESSED
    assert found.seconds == pytest.approx(3.0 + 8.0 * 1201 / 121)


def test_a_training_that_is_new_is_like_the_most_alike_of_its_paper(tmp_path: Path) -> None:
    wide = {"name": "parity_mlp", "hidden": 80}
    record_training(tmp_path, node_of("far/00", model=wide, dtype="float64"), wall_s=71.0)
    record_training(tmp_path, node_of("near/00", model=wide), wall_s=31.0)
    found = cost(tmp_path, node_of("new/00"))
    assert (found.basis, found.seconds) == (GUESSED, 31.0)
    record_training(tmp_path, node_of("same/07"), wall_s=21.0)
    found = cost(tmp_path, node_of("new/00"))
    assert (found.basis, found.seconds) == (RECORDED, 21.0), "under another name and number"


def test_updates_take_as_long_as_their_batches_are_large(tmp_path: Path) -> None:
    record_training(tmp_path, batched(64))
    found = cost(tmp_path, batched(256))
    assert found.basis == GUESSED
    assert found.seconds == pytest.approx(3.0 + 4 * 8.0)


def batched(size: int) -> Node:
    node = node_of()
    run = node.spec["run"]
    spec = {**node.spec, "run": {**run, "task": {**run["task"], "batch_size": size}}}
    return replace(recoded(node), spec=spec) if size != 64 else replace(node, spec=spec)


def test_what_a_toy_takes_is_not_guessed_from_larger_sizes(tmp_path: Path) -> None:
    record_training(tmp_path, node_of(), wall_s=900.0)
    toy = cost(tmp_path, recoded(node_of("main/00", "smoke")))
    assert toy.basis == GUESSED
    assert toy.seconds < 10
    record_training(tmp_path, node_of("main/00", "smoke"), wall_s=21.0)
    assert cost(tmp_path, recoded(node_of("main/00", "smoke"))).seconds == 21.0


def test_of_several_records_the_most_alike_counts(tmp_path: Path) -> None:
    wanted = recoded(node_of(steps=240))
    other = node_of(model={"name": "parity_mlp", "hidden": 80}, steps=240)
    record_training(tmp_path, other, wall_s=71.0)
    assert cost(tmp_path, wanted).seconds == 71.0
    record_training(tmp_path, node_of("main/00", "gpu"), device=GPU, wall_s=21.0)
    assert cost(tmp_path, wanted).seconds == pytest.approx(21.0 + 8.0 * (241 / 121 - 1))
    record_training(tmp_path, node_of(steps=240), wall_s=31.0)
    assert cost(tmp_path, wanted).seconds == 31.0
    record_training(tmp_path, wanted, wall_s=41.0)
    assert cost(tmp_path, wanted).seconds == 41.0


def test_own_results_go_before_published_ones_and_near_scales_before_far_ones(
    tmp_path: Path,
) -> None:
    node = node_of()
    for scale, seconds in (("paper", 41.0), ("gpu", 31.0)):
        record_training(tmp_path, node_of("main/00", scale), wall_s=seconds)
        assert cost(tmp_path, recoded(node)).seconds == seconds
    record_training(tmp_path, node, published=True, wall_s=21.0)
    assert cost(tmp_path, node).seconds == 21.0
    record_training(tmp_path, node, wall_s=12.0)
    assert cost(tmp_path, node).seconds == 12.0


def test_what_a_published_copy_lacks_needs_disk_all_the_same(tmp_path: Path) -> None:
    record_training(tmp_path, node_of(), published=True)
    for path in tmp_path.rglob("params.safetensors"):
        path.unlink()
    assert cost(tmp_path, node_of()).output_bytes == 5_000_000


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


def costs(run: Cost, alone: Cost, table: Cost, figure: Cost) -> dict[str, Cost]:
    return {RUN.id: run, ALONE.id: alone, TABLE.id: table, FIGURE.id: figure}


FOUND = costs(
    Cost(90.0, 1000, 70), Cost(30.0, 100, 90), Cost(8.0, 10, 20, GUESSED), Cost(3.0, 1, 50)
)


def test_times_bytes_and_grounds_are_summed() -> None:
    found = sum_up(NODES, FOUND, 2)
    assert (found.jobs, found.core_s) == (4, 131)
    assert (found.peak_bytes, found.side_by_side_bytes, found.output_bytes) == (90, 160, 1111)
    assert found.bases == {RECORDED: 3, GUESSED: 1}


def test_what_jobs_have_in_common_adds_up_and_the_rest_cancels_out() -> None:
    one, many = [Cost(100.0, 0, 0)], [Cost(1.0, 0, 0)] * 100
    alone, together = (
        sum_up([replace(RUN, id=str(i), inputs=()) for i in range(len(every))], named, 1)
        for every in (one, many)
        for named in [{str(i): cost for i, cost in enumerate(every)}]
    )
    assert alone.core_s == together.core_s == 100
    assert (alone.low_s, alone.high_s) == pytest.approx(
        (100 / RANGE[RECORDED], 100 * RANGE[RECORDED])
    )
    common = TOGETHER[RECORDED]
    assert 100 / common > together.low_s > 0.9 * 100 / common
    assert 100 * common < together.high_s < 1.1 * 100 * common


@pytest.mark.parametrize(("cores", "wall_s"), [(1, 131), (2, 101), (64, 101)])
def test_no_number_of_cores_is_faster_than_the_longest_chain(cores: int, wall_s: float) -> None:
    assert sum_up(NODES, FOUND, cores).wall_s == wall_s


SECONDS = {RUN.id: 90.0, ALONE.id: 30.0, TABLE.id: 8.0, FIGURE.id: 3.0}


def test_a_free_slot_takes_the_first_job_that_can_begin() -> None:
    assert makespan([RUN, ALONE], SECONDS, 2) == 90
    assert makespan([], SECONDS, 2) == 0
    late = SECONDS | {ALONE.id: 95.0}
    assert makespan(NODES, late, 2) == 101, "the table runs beside it"


def test_what_is_under_way_keeps_its_slot() -> None:
    assert makespan(NODES, SECONDS, 1, [ALONE.id]) == 131
    assert makespan([RUN, ALONE], SECONDS | {RUN.id: 5.0}, 2, [ALONE.id]) == 30


def test_jobs_side_by_side_share_the_cores() -> None:
    assert makespan([RUN, ALONE], SECONDS, 2, cores=1) == 120, "60 s both, then 60 s alone"
    assert makespan([RUN], SECONDS, 2, cores=1) == 90
    assert makespan(NODES, SECONDS, 2, cores=0.5) == pytest.approx(2 * 131)


def test_nothing_takes_nothing() -> None:
    assert sum_up([], {}, 2).core_s == sum_up([], {}, 2).wall_s == 0
    assert urgent([], {}, 2) == []


@pytest.mark.parametrize(
    ("run_s", "alone_s", "table_s", "cores", "names"),
    [
        (100.0, 12.0, 8.0, 2, [RUN]),
        (100.0, 90.0, 8.0, 2, [RUN, ALONE]),
        (100.0, 11.0, 20.0, 2, [TABLE]),  # and before it what it waits for
        (100.0, 100.0, 0.0, 16, [RUN, ALONE]),
        (9.0, 9.0, 9.0, 1, []),
    ],
)
def test_long_chains_begin_early(
    run_s: float, alone_s: float, table_s: float, cores: int, names: list[Node]
) -> None:
    seconds = (run_s, alone_s, table_s, 1.0)
    found = costs(*(Cost(s, 0, 0) for s in seconds))
    assert urgent(NODES, found, cores) == names
