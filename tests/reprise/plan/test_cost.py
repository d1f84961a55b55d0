"""Costs from records of earlier makings, their sums, and the time a run still takes."""

import heapq
import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_trainings import GPU, node_of, record_training
from small_world import EXECUTION, make, small_graph

from reprise.graph.nodes import KINDS, Node
from reprise.plan.cost import (
    GUESSED,
    RANGE,
    RECORDED,
    Cost,
    Costs,
    Forecast,
    UnderWay,
    longest_chain,
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


def test_the_published_record_of_another_machine_counts(planned: Any) -> None:
    published = planned.world.root / "results" / "published" / "cpu" / "demo" / "tables"
    shutil.move(planned.world.output("table").parent, published)
    assert cost(planned.world.root, planned.world.node("table")).measured


def test_an_unreadable_record_is_passed_over(planned: Any) -> None:
    planned.world.record("table").write_text("{")
    assert not cost(planned.world.root, planned.world.node("table")).measured


@pytest.mark.parametrize("odd", [{"train_s": "long"}, {"compile_s": None}, {"train_s": 1.0}])
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


def test_other_settings_are_a_guess_however_many_steps(tmp_path: Path) -> None:
    record_training(tmp_path, node_of())
    larger = node_of(model={"name": "parity_mlp", "hidden": 80}, steps=1200)
    found = cost(tmp_path, larger)
    assert found.basis == GUESSED
    assert found.seconds == pytest.approx(3.0 + 8.0 * 1201 / 121)


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
    assert (found.low_s, found.high_s) == (123 / 1.5 + 2, 123 * 1.5 + 32)
    assert (found.peak_bytes, found.side_by_side_bytes, found.output_bytes) == (90, 160, 1111)
    assert found.bases == {RECORDED: 3, GUESSED: 1}


@pytest.mark.parametrize(("cores", "wall_s"), [(1, 131), (2, 101), (64, 101)])
def test_no_number_of_cores_is_faster_than_the_longest_chain(cores: int, wall_s: float) -> None:
    assert sum_up(NODES, FOUND, cores).wall_s == wall_s


def test_jobs_that_do_not_wait_for_each_other_form_no_chain() -> None:
    seconds = {name: found.seconds for name, found in FOUND.items()}
    assert longest_chain([RUN, ALONE], seconds) == 90
    assert longest_chain([], seconds) == 0


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


def test_without_news_the_time_left_is_the_plans() -> None:
    assert Forecast(NODES, FOUND, 1).left_s(0, {}) == 131
    assert Forecast(NODES, FOUND, 64).left_s(0, {}) == 101


def test_trainings_and_other_jobs_have_a_pace_each() -> None:
    forecast = Forecast(NODES, costs(*4 * [Cost(10_000.0, 0, 0)]), 1, {RUN.id: 30_000.0})
    assert forecast.pace(True, {}) == pytest.approx(3, rel=0.01)
    assert forecast.pace(False, {}) == 1
    assert forecast.left_s(30_000, {}) == pytest.approx(30_000 + 2 * 10_000, rel=0.01)


def test_a_training_under_way_tells_the_pace_and_its_own_end() -> None:
    found = costs(*4 * [Cost(10_000.0, 0, 0)])
    now = {RUN.id: UnderWay(share=0.25, left_s=15_000.0)}
    assert now[RUN.id].taken_s == 5000
    forecast = Forecast([RUN, ALONE], found, 1)
    assert forecast.pace(True, now) == pytest.approx(2, rel=0.01)
    assert forecast.left_s(5000, now) == pytest.approx(15_000 + 20_000, rel=0.01)
    assert forecast.share(now) == pytest.approx(0.125)


def test_a_job_that_took_an_unknown_time_is_done_and_no_evidence() -> None:
    forecast = Forecast([RUN, ALONE], FOUND, 1, {RUN.id: None})
    assert forecast.pace(True, {}) == 1
    assert forecast.left_s(0, {}) == 30
    assert forecast.share({}) == 0.75


@given(st.lists(st.floats(0, 1e7), min_size=4, max_size=4), st.floats(0, 1e7), st.floats(0, 1))
def test_the_time_left_is_finite_and_ends_at_nothing(
    seconds: list[float], elapsed: float, share: float
) -> None:
    forecast = Forecast(NODES, costs(*(Cost(s, 0, 0) for s in seconds)), 2)
    assert 0 <= forecast.left_s(elapsed, {RUN.id: UnderWay(share, 10.0)}) < float("inf")
    forecast.taken = dict.fromkeys(forecast.costs, elapsed)
    assert forecast.left_s(elapsed, {}) == 0
    assert forecast.share({}) in (0, 1)


@pytest.mark.parametrize("seed", range(5))
def test_from_the_tenth_minute_the_time_left_is_within_half_of_the_truth(seed: int) -> None:
    """A replication whose trainings take three times as long as recorded, tables half as long."""
    rng = random.Random(seed)
    nodes, found, true = [], {}, {}
    for number in range(120):
        run = make("run", f"r{number}", {}, (f"r{number}-{{mark}}/p",), (), {})
        table = make("table", f"t{number}", {}, (f"t{number}.csv",), (run,), {})
        for node, seconds, pace in ((run, rng.uniform(5, 120), 3.0), (table, 20.0, 0.5)):
            nodes.append(node)
            found[node.id] = Cost(seconds, 0, 0)
            true[node.id] = seconds * pace * rng.lognormvariate(0, 0.3)
    ends = simulated(nodes, true, cores=2, between_s=1.0)
    whole = max(ends.values())
    for now in range(600, int(whole) - 120, 60):
        forecast = Forecast(nodes, found, 2)
        forecast.taken = {name: true[name] for name, end in ends.items() if end <= now}
        under_way = {
            node.id: UnderWay((true[node.id] - left) / true[node.id], left)
            for node in nodes
            if node.kind == "run" and 0 < (left := ends[node.id] - now) < true[node.id]
        }
        assert 1 / 1.5 < forecast.left_s(now, under_way) / (whole - now) < 1.5


def simulated(
    nodes: list[Node], seconds: dict[str, float], cores: int, between_s: float
) -> dict[str, float]:
    """When each node is made, if a free core takes the first that can begin."""
    ends: dict[str, float] = {}
    free = [0.0] * cores
    for node in nodes:
        start = max(heapq.heappop(free), *(ends[i] for i in node.inputs), 0.0)
        ends[node.id] = start + between_s + seconds[node.id]
        heapq.heappush(free, ends[node.id])
    return ends
