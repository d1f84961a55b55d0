"""What making a node costs, from records of earlier makings, and how long a run still takes.

The nearest record counts: of the same node, else of what it was with other settings or at another
scale; where there is none, a default for its kind. A run corrects that by what its jobs took.
"""

import bisect
import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.changes import value_changes
from reprise.records.other_scales import nearest_scales
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.records.state import made_like_here
from reprise.specs.paper import SCALES
from reprise.training.devices import ACCELERATED

RECORDED, ELSEWHERE, GUESSED = "recorded", "elsewhere", "guessed"
RANGE = {RECORDED: 2.0, ELSEWHERE: 3.0, GUESSED: 4.0}
"""Basis -> how many times shorter or longer one job may be."""
TOGETHER = {RECORDED: 1.4, ELSEWHERE: 2.0, GUESSED: 2.5}
"""Basis -> the part of it that all jobs have in common: the machine, and what else it does."""

_DEFAULT_S = {"dataset": 30, "run": 60, "table": 6, "figure": 1, "verdict": 1, "report": 2}
_TOY_S = {"dataset": 1.2, "run": 3.0, "table": 0.5, "figure": 0.7}
"""At scale smoke, where sizes are toys and records of other scales tell little."""
_DEFAULT_BYTES = {"run": 5_000_000, "figure": 400_000}
_DEFAULT_PEAK = 500 * 2**20
_LONG = 1 / 8
_ONLY_SIZES = 2
_MOST_READ = 200
_SHORT_S = 10.0  # tables and figures are no reason to hurry

EVIDENCE = 0.03
"""Share of the work below which what it took says nothing of the rest."""
_HALF_LIFE_S = 120.0  # what else keeps the machine busy comes and goes
_ODD = 2.0
_AT_LEAST = 0.2  # of the time that a job took so far, which says nothing of its end
_LEAST_SHARE = 0.05


@dataclass(frozen=True)
class Cost:
    """What making one node takes, on one core."""

    seconds: float
    output_bytes: int
    peak_memory_bytes: int
    basis: str = RECORDED
    """``recorded``: this job was made before, if perhaps with other steps or members, on this
    processor; ``elsewhere``: on another; else ``guessed``."""

    @property
    def measured(self) -> bool:
        """Whether a record of the same job says so."""
        return self.basis != GUESSED

    @property
    def low_s(self) -> float:
        """The shortest time that is likely."""
        return self.seconds / RANGE[self.basis]

    @property
    def high_s(self) -> float:
        """The longest time that is likely."""
        return self.seconds * RANGE[self.basis]


@dataclass
class Costs:
    """Costs of a project's nodes, each looked up once; writes nothing."""

    project: Project
    _known: dict[str, Cost] = field(default_factory=dict)
    _trainings: dict[str, list[tuple[Record, Path]]] = field(default_factory=dict)
    """Folder of a paper -> records of its trainings, and where each lies."""

    def of(self, node: Node) -> Cost:
        """The cost of making ``node``."""
        if node.record not in self._known:
            self._known[node.record] = self._cost(node)
        return self._known[node.record]

    def _cost(self, node: Node) -> Cost:
        toy_s = _TOY_S.get(node.kind, 1.0) if node.scale == SCALES[0] else math.inf
        nearest = self._nearest(node)
        if nearest is None:
            size = _DEFAULT_BYTES.get(node.kind, 50_000)
            return Cost(min(_DEFAULT_S[node.kind], toy_s), size, _DEFAULT_PEAK, GUESSED)
        likeness, record, folder = nearest
        other = record.node.get("scale") != node.scale
        basis = RECORDED if made_like_here(record) else ELSEWHERE
        # What a CPU took tells little of an accelerator.
        if likeness > _ONLY_SIZES or (other and node.scale in ACCELERATED):
            basis = GUESSED
        seconds = _seconds(record, node)
        if other and toy_s < seconds:
            seconds, basis = toy_s, GUESSED
        peak = int(record.execution["peak_memory_bytes"])
        return Cost(seconds, _output_bytes(record, folder, node), peak, basis)

    def _nearest(self, node: Node) -> tuple[int, Record, Path] | None:
        """The most alike record with its likeness and folder; of a new training, of its paper."""
        bases = [
            f"results/{published}{scale}"
            for scale in (node.scale, *nearest_scales(node.scale))
            for published in ("", "published/")
        ]
        candidates = []
        for path in self._places(node, bases):
            with suppress(OSError, UnreadableRecord):
                record = read_record(path)
                candidates.append((_likeness(record, node), record, path.parent))
                if candidates[-1][0] < _ONLY_SIZES:
                    break
        if node.kind == "run" and all(likeness > _ONLY_SIZES for likeness, *_ in candidates):
            for base in bases:
                others = self._trainings_of(self.project.path(f"{base}/{node.paper}"))
                candidates += [(_likeness(record, node), record, place) for record, place in others]
        return min(candidates, key=lambda one: one[0], default=None)

    def _places(self, node: Node, bases: Sequence[str]) -> Iterator[Path]:
        tail = node.record.removeprefix(f"results/{node.scale}/")
        for base in bases:
            own = self.project.path(f"{base}/{tail}")
            yield own
            if node.kind in ("run", "dataset"):
                others = sorted(own.parent.parent.glob(node.every_record))
                yield from (path for path in others if path != own)

    def _trainings_of(self, folder: Path) -> list[tuple[Record, Path]]:
        if str(folder) not in self._trainings:
            self._trainings[str(folder)] = records = []
            for path in sorted(folder.glob("runs/*/*/record.json"))[:_MOST_READ]:
                with suppress(OSError, UnreadableRecord):
                    records.append((read_record(path), path.parent))
        return self._trainings[str(folder)]


def _likeness(record: Record, node: Node) -> int:
    """0: the same fingerprint, 1: parameters, 2: but for sizes; more: by how many others differ."""
    if record.fingerprint == node.fingerprint:
        return 0
    if record.spec == node.spec:
        return 1
    if node.kind != "run":
        return _ONLY_SIZES + 1
    return _ONLY_SIZES + len(value_changes(_settings(record.spec), _settings(node.spec)))


def _settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a training has to do, but how often and how many times side by side."""
    sizes = ("steps", "members", "members_per_job")
    run = {name: value for name, value in spec.get("run", spec).items() if name not in sizes}
    return {**{name: value for name, value in spec.items() if name != "members"}, "run": run}


def _seconds(record: Record, node: Node) -> float:
    """Seconds that ``record`` says, those of updates in proportion to steps and members.

    A training that was resumed timed its last updates only.
    """
    done = record.execution
    wall_s = float(done["wall_s"])
    try:
        updates_s = steps_s(record)
        resumed = done.get("resumed_from_step")
        updates = int(record.spec["run"]["steps"]) - (-1 if resumed is None else int(resumed))
        timed = _side_by_side(record.spec) * updates
        wanted = _side_by_side(node.spec) * (int(node.spec["run"]["steps"]) + 1)
        return max(wall_s - updates_s, 0.0) + updates_s * wanted / timed
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError):
        return wall_s


def _side_by_side(spec: Mapping[str, Any]) -> int:
    """Sequences in one update of all members, or members where a task has no batches."""
    return len(spec["members"]) * int(spec["run"]["task"].get("batch_size", 1))


def steps_s(record: Record) -> float:
    """Seconds of a training's updates; KeyError, AttributeError, ValueError: it tells none."""
    return float(record.execution["phases_s"].get("steps", 0.0))


def _output_bytes(record: Record, folder: Path, node: Node) -> int:
    """Bytes of the outputs that lie there; of the others, which a published copy lacks, a default.

    Weights and metrics grow with the members.
    """
    files = [folder / name for name in record.outputs]
    size = sum(path.stat().st_size for path in files if path.is_file())
    if not all(path.is_file() for path in files):
        size = max(size, _DEFAULT_BYTES.get(node.kind, 50_000))
    try:
        return round(size * len(node.spec["members"]) / len(record.spec["members"]))
    except (KeyError, TypeError, ZeroDivisionError):
        return size


@dataclass(frozen=True)
class Total:
    """What a set of jobs takes."""

    jobs: int
    core_s: float
    """Of one core each."""
    low_s: float
    high_s: float
    """Range of ``core_s``."""
    wall_s: float
    """On the cores given."""
    peak_bytes: int
    """Of the largest job."""
    side_by_side_bytes: int
    """Of as many of the largest as there are cores."""
    output_bytes: int
    bases: Mapping[str, int]
    """``recorded``, ``elsewhere``, ``guessed`` -> jobs."""


def sum_up(nodes: Sequence[Node], costs: Mapping[str, Cost], cores: int) -> Total:
    """What making ``nodes``, parents first, takes on ``cores``, from the costs of each (by id)."""
    every = [costs[node.id] for node in nodes]
    peaks = [cost.peak_memory_bytes for cost in every]
    low_s, high_s = _range(every)
    return Total(
        jobs=len(nodes),
        core_s=sum(cost.seconds for cost in every),
        low_s=low_s,
        high_s=high_s,
        wall_s=makespan(nodes, {node.id: costs[node.id].seconds for node in nodes}, cores),
        peak_bytes=max(peaks, default=0),
        side_by_side_bytes=sum(heapq.nlargest(cores, peaks)),
        output_bytes=sum(cost.output_bytes for cost in every),
        bases=dict(Counter(cost.basis for cost in every)),
    )


def _range(costs: Iterable[Cost]) -> tuple[float, float]:
    """Range of a sum: what jobs have in common adds up, the rest of their errors cancels out."""
    low_s = high_s = below = above = 0.0
    for cost in costs:
        together = TOGETHER[cost.basis]
        low_s += cost.seconds / together
        high_s += cost.seconds * together
        below += (cost.seconds / together - cost.low_s) ** 2
        above += (cost.high_s - cost.seconds * together) ** 2
    return low_s - math.sqrt(below), high_s + math.sqrt(above)


def makespan(
    nodes: Sequence[Node],
    seconds: Mapping[str, float],
    slots: int,
    under_way: Collection[str] = (),
    cores: float = math.inf,
) -> float:
    """Seconds until ``nodes`` are made, if a free slot takes the first of them that can begin.

    ``seconds`` are those on a core of its own; jobs share ``cores``. ``under_way`` are ids.
    """
    places = {node.id: place for place, node in enumerate(nodes)}
    children: defaultdict[int, list[int]] = defaultdict(list)
    missing = [0] * len(nodes)
    for place, node in enumerate(nodes):
        for name in {*node.inputs} & places.keys():
            children[places[name]].append(place)
            missing[place] += 1
    begun = {places[name] for name in under_way}
    ready = [(place not in begun, place) for place, left in enumerate(missing) if not left]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    now = work = 0.0  # work: seconds on its own core that a job has done which runs since the start
    while ready or running:
        while ready and len(running) < slots:
            _, place = heapq.heappop(ready)
            heapq.heappush(running, (work + seconds[nodes[place].id], place))
        slower = max(len(running) / cores, 1.0)
        end, place = heapq.heappop(running)
        now += (end - work) * slower
        work = end
        for child in children[place]:
            missing[child] -= 1
            if not missing[child]:
                heapq.heappush(ready, (child not in begun, child))
    return now


def urgent(nodes: Sequence[Node], costs: Mapping[str, Cost], cores: int) -> list[Node]:
    """The last nodes of chains that take over an eighth of the whole time; parents come first.

    Begun late, such a chain ends alone, while the other cores have nothing left to do.
    """
    whole = sum_up(nodes, costs, cores).wall_s
    ends: dict[str, float] = {}
    for node in nodes:
        start = max((ends[i] for i in node.inputs if i in ends), default=0.0)
        ends[node.id] = start + costs[node.id].seconds
    lasting = [n for n in nodes if ends[n.id] > _LONG * whole and costs[n.id].seconds > _SHORT_S]
    waited_for = {name for node in lasting for name in node.inputs}
    return [node for node in lasting if node.id not in waited_for]


@dataclass(frozen=True)
class Seen:
    """What a job of this run has shown so far."""

    fixed_s: float
    """Seconds that it spent on what comes once: start, compilation, files."""
    work_s: float
    """Seconds that it spent on what it has told its share of."""
    share: float
    """Of the work, done here."""
    whole_s: float | None = None
    """Seconds that all of the work takes at its present pace."""
    core_share: float = 1.0
    """Of a core that it had, lately if it runs."""
    ended_ago_s: float | None = None
    """None while it runs."""

    @property
    def total_s(self) -> float:
        """Seconds so far."""
        return self.fixed_s + self.work_s


@dataclass(frozen=True)
class Forecast:
    """The time left of making ``nodes`` (everything the run makes, parents first)."""

    nodes: Sequence[Node]
    costs: Mapping[str, Cost]
    slots: int
    """Jobs that run side by side."""
    cores: float
    """That they share, as far as is known beforehand."""

    def left_s(self, seen: Mapping[str, Seen]) -> float:
        """Seconds until everything is made."""
        paces = self._paces(seen)
        left = {node.id: self._left_s(node, paces, seen.get(node.id)) for node in self.nodes}
        runs = [name for name, one in seen.items() if one.ended_ago_s is None]
        return makespan(self.nodes, left, self.slots, runs, self.at_hand(seen))

    def at_hand(self, seen: Mapping[str, Seen]) -> float:
        """Cores that jobs really had lately, as many as there are slots running."""
        whole_s = sum(self.costs[node.id].seconds for node in self.nodes)
        if sum(one.total_s for one in seen.values()) < EVIDENCE * whole_s:
            return self.cores
        had = weight = 0.0
        for one in seen.values():
            recent = one.total_s * 0.5 ** ((one.ended_ago_s or 0.0) / _HALF_LIFE_S)
            had += recent * min(max(one.core_share, _LEAST_SHARE), 1.0)
            weight += recent
        return self.slots * had / weight if had else self.cores

    def share(self, seen: Mapping[str, Seen]) -> float:
        """Share of the predicted work that is done, 0 to 1."""
        whole = done = 0.0
        for node in self.nodes:
            cost, one = self.costs[node.id], seen.get(node.id)
            whole += cost.seconds
            if one:
                done += cost.seconds * (one.share if one.ended_ago_s is None else 1.0)
        return done / (whole or 1.0)

    def _paces(self, seen: Mapping[str, Seen]) -> dict[str, float]:
        """Class of work -> how many times as long as predicted it takes, if enough was seen.

        A job that is far from the others of its class counts as a moderate one.
        """
        predicted_s: defaultdict[str, float] = defaultdict(float)
        found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        for node in self.nodes:
            cost, one = self.costs[node.id], seen.get(node.id)
            for name in _classes(node, cost):
                predicted_s[name] += cost.seconds
                if one and one.share >= EVIDENCE and cost.seconds > 0:
                    whole_s = one.work_s / one.share if one.ended_ago_s is not None else one.whole_s
                    if whole_s is not None:
                        ratio = (one.fixed_s + whole_s) * one.core_share / cost.seconds
                        found[name].append((ratio, one.share * cost.seconds))
        return {
            name: _typical(ratios)
            for name, ratios in found.items()
            if sum(done_s for _, done_s in ratios) >= EVIDENCE * predicted_s[name]
        }

    def _left_s(self, node: Node, paces: Mapping[str, float], one: Seen | None) -> float:
        cost = self.costs[node.id]
        known = (paces[name] for name in (*_classes(node, cost), "") if name in paces)
        seconds = cost.seconds * next(known, 1.0)
        if not one:
            return seconds
        if one.ended_ago_s is not None:
            return 0.0
        if one.share >= EVIDENCE and one.whole_s is not None:
            return (1 - one.share) * one.whole_s * one.core_share
        so_far_s = one.total_s * one.core_share
        return max(seconds - so_far_s, _AT_LEAST * so_far_s)


def _classes(node: Node, cost: Cost) -> tuple[str, ...]:
    """What keeps one pace, the narrowest class first; a guess tells nothing of the others."""
    kinds = (f"{node.kind} {node.paper}", node.kind, "")
    return kinds if cost.measured else (f"{GUESSED} {node.kind}",)


def _typical(ratios: Sequence[tuple[float, float]]) -> float:
    """Mean of (ratio, weight), those far from the median moved towards it."""
    ordered = sorted(ratios)
    sums = list(accumulate(weight for _, weight in ordered))
    median = ordered[bisect.bisect_left(sums, sums[-1] / 2)][0]
    low, high = median / _ODD, median * _ODD
    return sum(min(max(ratio, low), high) * weight for ratio, weight in ordered) / sums[-1]
