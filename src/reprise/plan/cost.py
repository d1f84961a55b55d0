"""What making a node costs, from records of earlier makings.

The nearest record counts: of the same node, else of what it was with other settings or at another
scale; where there is none, a default for its kind.
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
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


@dataclass(frozen=True)
class Cost:
    """What making one node takes, on one core."""

    seconds: float
    output_bytes: int
    peak_memory_bytes: int
    basis: str = RECORDED
    """``recorded``: this job was made before, if perhaps with other steps or members, on this
    processor; ``elsewhere``: on another; else ``guessed``."""
    fixed_s: float = 0.0
    """Of a training: the seconds besides its updates, most of them for compilation."""

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

    def of(self, node: Node) -> Cost:
        """The cost of making ``node``."""
        if node.record not in self._known:
            self._known[node.record] = _cost(self.project, node, self._trainings)
        return self._known[node.record]

    @cached_property
    def _trainings(self) -> "_Trainings":
        return _Trainings(self.project)


@dataclass(frozen=True)
class _Earlier:
    """A record of ``node``, or of what it was with other settings or at another scale."""

    record: Record
    folder: Path
    likeness: int
    """0: the same fingerprint, 1: the same parameters, 2: but for steps and members; more, where
    others differ, too: by how many."""


@dataclass
class _Trainings:
    """Records of trainings by paper, read once: what a training that is new may be like."""

    project: Project
    _known: dict[str, list[tuple[Record, Path]]] = field(default_factory=dict)

    def of(self, node: Node) -> list[_Earlier]:
        """Those of the paper of ``node``, the nearest scale first."""
        scales = (node.scale, *nearest_scales(node.scale))
        return [
            _Earlier(record, folder, _likeness(record, node))
            for scale in scales
            for base in (f"results/{scale}", f"results/published/{scale}")
            for record, folder in self._below(f"{base}/{node.paper}")
        ]

    def _below(self, base: str) -> list[tuple[Record, Path]]:
        if base not in self._known:
            paths = sorted(self.project.path(base).glob("runs/*/*/record.json"))[:_MOST_READ]
            self._known[base] = [(r, path.parent) for path in paths if (r := _readable(path))]
        return self._known[base]


def _cost(project: Project, node: Node, trainings: _Trainings) -> Cost:
    before = _nearest(project, node)
    if node.kind == "run" and (before is None or before.likeness > _ONLY_SIZES):
        others = trainings.of(node)
        before = min(
            (before, *others) if before else others, key=lambda o: o.likeness, default=None
        )
    toy_s = _TOY_S.get(node.kind, 1.0) if node.scale == SCALES[0] else math.inf
    if before is None:
        size = _DEFAULT_BYTES.get(node.kind, 50_000)
        return Cost(min(_DEFAULT_S[node.kind], toy_s), size, _DEFAULT_PEAK, GUESSED)
    # What a CPU took tells little of an accelerator.
    other = node.scale in ACCELERATED and before.record.node.get("scale") != node.scale
    basis = RECORDED if made_like_here(before.record) else ELSEWHERE
    basis = GUESSED if other or before.likeness > _ONLY_SIZES else basis
    peak = int(before.record.execution["peak_memory_bytes"])
    seconds, fixed_s = _seconds(before.record, node)
    if toy_s < seconds and before.record.node.get("scale") != node.scale:
        seconds, fixed_s, basis = toy_s, 0.0, GUESSED
    return Cost(seconds, _output_bytes(before, node), peak, basis, fixed_s)


def _nearest(project: Project, node: Node) -> _Earlier | None:
    """The most alike readable record: own scale before others, own results before published."""
    nearest: _Earlier | None = None
    for path in _places(project, node):
        record = _readable(path)
        if record is None:
            continue
        found = _Earlier(record, path.parent, _likeness(record, node))
        if nearest is None or found.likeness < nearest.likeness:
            nearest = found
        if nearest.likeness <= 1:
            break
    return nearest


def _readable(path: Path) -> Record | None:
    try:
        return read_record(path)
    except (OSError, UnreadableRecord):
        return None


def _places(project: Project, node: Node) -> Iterator[Path]:
    for scale in (node.scale, *nearest_scales(node.scale)):
        tail = node.record.removeprefix(f"results/{node.scale}/")
        for base in (f"results/{scale}", f"results/published/{scale}"):
            own = project.path(f"{base}/{tail}")
            yield own
            if node.kind in ("run", "dataset"):
                stem = own.parent.name.rpartition("-")[0]
                others = sorted(own.parent.parent.glob(f"{stem}-*/record.json"))
                yield from (other for other in others if other != own)


def _likeness(record: Record, node: Node) -> int:
    if record.fingerprint == node.fingerprint:
        return 0
    if record.spec == node.spec:
        return 1
    if node.kind != "run":
        return _ONLY_SIZES + 1
    return _ONLY_SIZES + len(value_changes(_settings(record.spec), _settings(node.spec)))


def _settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a training has to do, apart from how often and how many times side by side."""
    run = spec.get("run", spec)
    sizes = ("steps", "members", "members_per_job")
    rest = {name: value for name, value in spec.items() if name not in ("run", "members")}
    return {**rest, "run": {name: run[name] for name in run if name not in sizes}}


def _seconds(record: Record, node: Node) -> tuple[float, float]:
    """Seconds that ``record`` says, those of updates in proportion to steps and members; the rest.

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
        fixed_s = max(wall_s - updates_s, 0.0)
        return fixed_s + updates_s * wanted / timed, fixed_s
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError):
        return wall_s, 0.0


def _side_by_side(spec: Mapping[str, Any]) -> int:
    """Sequences in one update of all members, or members where a task has no batches."""
    return len(spec["members"]) * int(spec["run"]["task"].get("batch_size", 1))


def steps_s(record: Record) -> float:
    """Seconds of the updates of a training, none if it was resumed at its end.

    Raises:
        KeyError, TypeError, ValueError: the record is not of a training.
    """
    done = record.execution
    if "phases_s" in done:
        return float(done["phases_s"].get("steps", 0.0))
    # Records of the first versions.
    return max(float(done["train_s"]) - float(done["compile_s"]), 0.0)


def _output_bytes(before: _Earlier, node: Node) -> int:
    """Bytes of the outputs that lie there; of the others, which a published copy lacks, a default.

    Weights and metrics grow with the members.
    """
    files = [before.folder / name for name in before.record.outputs]
    size = sum(path.stat().st_size for path in files if path.is_file())
    if not all(path.is_file() for path in files):
        size = max(size, _DEFAULT_BYTES.get(node.kind, 50_000))
    try:
        return round(size * len(node.spec["members"]) / len(before.record.spec["members"]))
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

    ``seconds`` are those on a core of its own; jobs share ``cores``. ``under_way`` (ids) have begun
    already.
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

    Begun late, such a chain ends alone, while the other cores have nothing left to do; what is
    shorter fills the end evenly.
    """
    whole = sum_up(nodes, costs, cores).wall_s
    ends = _chain_ends(nodes, {node.id: costs[node.id].seconds for node in nodes})
    lasting = [
        node
        for node in nodes
        if ends[node.id] > _LONG * whole and costs[node.id].seconds > _SHORT_S
    ]
    waited_for = {name for node in lasting for name in node.inputs}
    return [node for node in lasting if node.id not in waited_for]


def _chain_ends(nodes: Iterable[Node], seconds: Mapping[str, float]) -> dict[str, float]:
    """Node -> seconds until it is made, where only what it waits for takes time."""
    ends: dict[str, float] = {}
    for node in nodes:
        start = max((ends[i] for i in node.inputs if i in ends), default=0.0)
        ends[node.id] = start + seconds[node.id]
    return ends
