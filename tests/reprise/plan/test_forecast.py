"""The time a run still takes: replayed replications, from the records of the published copy."""

import heapq
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_world import make, small_graph

from reprise.graph.nodes import Node
from reprise.plan.cost import (
    EVIDENCE,
    GUESSED,
    RECORDED,
    Cost,
    Forecast,
    Seen,
    steps_s,
)
from reprise.records.tree import take_inventory

NODES = list(small_graph(code={}).nodes.values())
RUN, ALONE, TABLE, FIGURE = NODES
TREE = Path(__file__).parents[3] / "results" / "published" / "cpu"
TICK_S = 5.0
RECENT_S = 120.0
GAP_S = 0.4
"""Between two jobs on a core."""


@dataclass(frozen=True)
class Replication:
    """Its jobs, parents first, and what each took: once, and in proportion to its work."""

    nodes: tuple[Node, ...]
    taken: dict[str, tuple[float, float]]


@pytest.fixture(scope="module")
def published() -> Replication:
    entries = take_inventory(TREE).entries
    nodes: dict[str, Node] = {}
    taken = {}

    def add(name: str) -> None:
        if name in nodes or name not in entries:
            return
        record = entries[name].record
        for parent in record.inputs:
            add(parent)
        about = record.node
        inputs = tuple(parent for parent in record.inputs if parent in nodes)
        node = make(about["kind"], about["name"], {}, (f"{name}.x",), (), {})
        nodes[name] = replace(node, id=name, paper=about["paper"], inputs=inputs)
        work_s = steps_s(record) if about["kind"] == "run" else record.execution["wall_s"]
        taken[name] = record.execution["wall_s"] - work_s, work_s

    for name in entries:
        add(name)
    return Replication(tuple(nodes.values()), taken)


@dataclass
class Begun:
    """A simulated job: seconds on a core of its own, of the part that comes once and the other."""

    node: Node
    fixed_s: float
    work_s: float
    did_fixed: float = 0.0
    did_work: float = 0.0
    took_fixed: float = 0.0
    took_work: float = 0.0
    gap_s: float = GAP_S
    ended: float | None = None
    samples: tuple[tuple[float, float, float, float], ...] = ()

    def goes_on(self, wall_s: float, speed: float) -> None:
        """``wall_s`` more seconds, at so many seconds of work in each."""
        wall_s -= (waited := min(self.gap_s, wall_s))
        self.gap_s -= waited
        once = min(wall_s, (self.fixed_s - self.did_fixed) / speed)
        self.did_fixed += once * speed
        self.took_fixed += once
        self.did_work += (wall_s - once) * speed
        self.took_work += wall_s - once
        did_s, took_s = self.did_fixed + self.did_work, self.took_fixed + self.took_work
        recent = [s for s in self.samples if took_s - s[0] < RECENT_S]
        self.samples = (*recent, (took_s, did_s, self.took_work, self.share))

    @property
    def share(self) -> float:
        return min(self.did_work / self.work_s, 1.0) if self.work_s else 1.0

    @property
    def left_s(self) -> float:
        return self.gap_s + self.fixed_s - self.did_fixed + self.work_s - self.did_work

    def seen(self, now: float) -> Seen:
        """What the display knows of it: half a minute of work is told as it goes on."""
        told = self.ended is not None or self.work_s > 30
        then_s, then_did_s, then_work_s, before = self.samples[0]
        now_s, did_s, work_s, share = self.samples[-1]
        if self.ended:
            then_s = then_did_s = 0.0
        return Seen(
            self.took_fixed,
            self.took_work,
            self.share if told else 0.0,
            (work_s - then_work_s) / (share - before) if share > before else None,
            (did_s - then_did_s) / (now_s - then_s) if now_s > then_s else 1.0,
            None if self.ended is None else now - self.ended,
        )


def replayed(
    run: Replication, cores_at: Callable[[float], float], slots: int = 2
) -> Iterator[tuple[float, dict[str, Seen]]]:
    """Every minute, and what is seen then; the last one is the end."""
    children: dict[str, list[Node]] = {}
    missing = {node.id: len(node.inputs) for node in run.nodes}
    place = {node.id: number for number, node in enumerate(run.nodes)}
    for node in run.nodes:
        for name in node.inputs:
            children.setdefault(name, []).append(node)
    ready = [place[name] for name, count in missing.items() if not count]
    begun: dict[str, Begun] = {}
    live: list[Begun] = []
    now = 0.0
    while ready or live:
        while ready and len(live) < slots:
            node = run.nodes[heapq.heappop(ready)]
            begun[node.id] = Begun(node, *run.taken[node.id])
            live.append(begun[node.id])
        speed = min(cores_at(now) / len(live), 1.0)
        step = min(TICK_S - now % TICK_S, *(max(job.left_s, 1e-3) / speed for job in live))
        now += step
        for job in live:
            job.goes_on(step, speed)
        for job in [job for job in live if job.left_s < 1e-6]:
            job.ended = now
            live.remove(job)
            for child in children.get(job.node.id, ()):
                missing[child.id] -= 1
                if not missing[child.id]:
                    heapq.heappush(ready, place[child.id])
        if now % 60 < 1e-6 or 60 - now % 60 < 1e-6:
            yield now, {name: job.seen(now) for name, job in begun.items()}
    yield now, {name: job.seen(now) for name, job in begun.items()}


def changed(run: Replication, factor: Callable[[Node, str], float]) -> Replication:
    """The same jobs, taking ``factor`` (of the node and the part) times as long."""
    return Replication(
        run.nodes,
        {
            node.id: tuple(
                seconds * factor(node, part)
                for seconds, part in zip(run.taken[node.id], ("fixed", "work"), strict=True)
            )
            for node in run.nodes
        },
    )


def another_machine(seed: int) -> Callable[[Node, str], float]:
    """Kinds of work, papers and single jobs are all faster or slower there, each by chance."""

    def factor(node: Node, part: str) -> float:
        whole, kind = f"{seed}", f"{seed} {node.kind} {part}"
        names = {whole: 0.5, kind: 0.2, f"{kind} {node.paper}": 0.15, f"{kind} {node.id}": 0.15}
        # By name, so that the others' draws stay when one node more is there.
        draws = (random.Random(name).gauss(0, spread) for name, spread in names.items())
        return math.exp(sum(draws))

    return factor


def ten_times(run: Replication) -> Callable[[Node, str], float]:
    """One of the jobs that begin first takes ten times as long."""
    odd = next(node for node in run.nodes if not node.inputs and sum(run.taken[node.id]) > 100)
    return lambda node, part: 10.0 if node.id == odd.id else 1.0


CASES = {
    "twice as slow": (lambda run: changed(run, lambda node, part: 2.0), lambda now: 2.0),
    "one core taken away": (lambda run: run, lambda now: 2.0 if now < 240 else 1.0),
    "one job ten times as long": (lambda run: changed(run, ten_times(run)), lambda now: 2.0),
}
MACHINES = 16


@pytest.mark.parametrize("case", CASES)
def test_from_the_tenth_minute_the_time_left_is_within_half_of_the_truth(
    published: Replication, case: str
) -> None:
    what, cores_at = CASES[case]
    told = minutes_told(published, what(published), cores_at)
    assert len(told) > 60
    assert far(told) <= 0.02, told


def test_with_records_from_other_machines_it_is_within_half_in_97_of_100_minutes(
    published: Replication,
) -> None:
    told = [
        ratio
        for seed in range(MACHINES)
        for ratio in minutes_told(published, changed(published, another_machine(seed)))
    ]
    assert len(told) > 1000
    assert far(told) <= 0.03


def minutes_told(
    published: Replication, run: Replication, cores_at: Callable[[float], float] = lambda now: 2.0
) -> list[float]:
    """Time left as told over what it was, in every minute of ``run`` from the tenth on."""
    costs = {name: Cost(sum(parts), 0, 0) for name, parts in published.taken.items()}
    forecast = Forecast(published.nodes, costs, 2, 2.0)
    *minutes, (end, _) = replayed(run, cores_at)
    return [forecast.left_s(seen) / (end - now) for now, seen in minutes if 600 <= now < end - 60]


def far(told: list[float]) -> float:
    """The share of minutes in which the time left was wrong by half or more."""
    return sum(not 1 / 1.5 < ratio < 1.5 for ratio in told) / len(told)


def costs(*seconds: float) -> dict[str, Cost]:
    return {n.id: Cost(s, 0, 0) for n, s in zip(NODES, seconds, strict=True)}


def ended(seconds: float, fixed_s: float = 0.0, **changes: float) -> Seen:
    return Seen(fixed_s, seconds, 1.0, **{"ended_ago_s": 0.0, **changes})


def test_without_news_the_time_left_is_the_plans() -> None:
    found = costs(90.0, 30.0, 8.0, 3.0)
    assert Forecast(NODES, found, 1, 1).left_s({}) == 131
    assert Forecast(NODES, found, 64, 64).left_s({}) == 101
    assert Forecast(NODES, found, 64, 1).left_s({}) == 131, "64 side by side on one core"


def test_kinds_of_jobs_have_a_pace_each() -> None:
    nodes = [RUN, ALONE, TABLE, replace(TABLE, id="another", inputs=())]
    forecast = Forecast(nodes, {node.id: Cost(10_000.0, 0, 0) for node in nodes}, 1, 1)
    seen = {RUN.id: ended(30_000.0), TABLE.id: ended(5_000.0)}
    assert forecast.left_s(seen) == pytest.approx(30_000 + 5_000, rel=0.01)


def test_a_job_under_way_tells_the_pace_and_its_own_end() -> None:
    forecast = Forecast([RUN, ALONE], costs(10_000.0, 10_000.0, 0, 0), 1, 1)
    now = {RUN.id: Seen(0.0, 5000.0, 0.25, whole_s=20_000.0)}
    assert forecast.left_s(now) == pytest.approx(15_000 + 20_000, rel=0.01)
    assert forecast.share(now) == pytest.approx(0.125)


def test_a_job_that_tells_nothing_ends_as_predicted_or_some_time_later() -> None:
    forecast = Forecast([TABLE], {TABLE.id: Cost(100.0, 0, 0)}, 1, 1)
    assert forecast.left_s({TABLE.id: Seen(60.0, 0.0, 0.0)}) == 40
    assert 0 < forecast.left_s({TABLE.id: Seen(500.0, 0.0, 0.0)}) <= 250


@pytest.mark.parametrize(("share", "left_s"), [(EVIDENCE / 2, 100), (EVIDENCE, 1000)])
def test_no_pace_is_taken_from_less_than_three_percent(share: float, left_s: float) -> None:
    forecast = Forecast([TABLE], {TABLE.id: Cost(100.0, 0, 0)}, 1, 1)
    seen = {TABLE.id: Seen(0.0, 1000 * share, share, whole_s=1000.0)}
    assert forecast.left_s(seen) == pytest.approx(left_s, rel=0.2)


def test_a_job_that_is_far_from_the_others_does_not_count_for_all() -> None:
    nodes = [replace(ALONE, id=str(number)) for number in range(10)]
    forecast = Forecast(nodes, {node.id: Cost(100.0, 0, 0) for node in nodes}, 1, 1)
    seen = {str(number): ended(100.0) for number in range(4)} | {"4": ended(2000.0)}
    assert forecast.left_s(seen) == pytest.approx(5 * 100, rel=0.25)


def test_a_job_that_was_guessed_says_nothing_of_those_with_a_record() -> None:
    """A new training, guessed at a minute, took half an hour: that is not the machine's pace."""
    nodes = [replace(ALONE, id=str(number)) for number in range(4)]
    basis = {"0": GUESSED, "1": GUESSED}
    found = {n.id: Cost(60.0, 0, 0, basis.get(n.id, RECORDED)) for n in nodes}
    forecast = Forecast(nodes, found, 1, 1)
    assert forecast.left_s({"0": ended(1800.0)}) == pytest.approx(1800 + 2 * 60)
    seen = {"2": ended(120.0)}
    assert forecast.left_s(seen) == pytest.approx(3 * 120), "until one is seen, as the others"


def test_jobs_that_get_half_a_core_each_share_one() -> None:
    forecast = Forecast(NODES, costs(*4 * [1000.0]), 2, 2)
    seen = {RUN.id: ended(2000.0, core_share=0.5), ALONE.id: ended(2000.0, core_share=0.5)}
    assert forecast.at_hand(seen) == 1
    assert forecast.left_s(seen) == pytest.approx(2000, rel=0.01), "one after the other, alone"


@given(st.lists(st.floats(0, 1e7), min_size=4, max_size=4), st.floats(0, 1e7), st.floats(0, 1))
def test_the_time_left_is_finite_and_ends_at_nothing(
    seconds: list[float], elapsed: float, share: float
) -> None:
    forecast = Forecast(NODES, costs(*seconds), 2, 2)
    seen = {RUN.id: Seen(1.0, 2.0, share, 10.0)}
    assert 0 <= forecast.left_s(seen) < float("inf")
    over = {name: ended(elapsed) for name in forecast.costs}
    assert forecast.left_s(over) == 0
    assert forecast.share(over) in (0, 1)
