"""What making a node costs, from records of earlier makings, and how long a run still takes.

The nearest record counts: of the same node, else of what it was with other settings or at another
scale; where there is none, a default for its kind. While a run goes on, what its jobs really took
corrects what is left of it.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.specs.paper import SCALES
from reprise.training.devices import ACCELERATED

RECORDED, GUESSED = "recorded", "guessed"
RANGE = {RECORDED: 1.5, GUESSED: 4.0}
"""Basis -> how many times shorter or longer a job may be: another machine is busy in other ways."""

_DEFAULT_S = {"dataset": 30, "run": 60, "table": 6, "figure": 1, "verdict": 1, "report": 2}
_DEFAULT_BYTES = {"run": 5_000_000, "figure": 400_000}
_DEFAULT_PEAK = 500 * 2**20
_LONG = 1 / 8
_SHORT_S = 10.0  # tables and figures are no reason to hurry
_SETTLED_S = 10.0
_SETTLED_CORE_S = 300.0


@dataclass(frozen=True)
class Cost:
    """What making one node takes, on one core."""

    seconds: float
    output_bytes: int
    peak_memory_bytes: int
    basis: str = RECORDED
    """``recorded``: this job was made before, if perhaps with other steps or members; else
    ``guessed``."""

    @property
    def measured(self) -> bool:
        """Whether a record of the same job says so."""
        return self.basis == RECORDED

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
            self._known[node.record] = _cost(self.project, node)
        return self._known[node.record]


@dataclass(frozen=True)
class _Earlier:
    """A record of ``node``, or of what it was with other settings or at another scale."""

    record: Record
    folder: Path
    likeness: int
    """0: the same fingerprint, 1: the same parameters, 2: but for steps and members, 3: others."""


def _cost(project: Project, node: Node) -> Cost:
    before = _nearest(project, node)
    if before is None:
        size = _DEFAULT_BYTES.get(node.kind, 50_000)
        return Cost(_DEFAULT_S[node.kind], size, _DEFAULT_PEAK, GUESSED)
    # What a CPU took tells little of an accelerator.
    elsewhere = node.scale in ACCELERATED and before.record.node.get("scale") != node.scale
    basis = GUESSED if elsewhere or before.likeness > 2 else RECORDED
    peak = int(before.record.execution["peak_memory_bytes"])
    return Cost(_seconds(before.record, node), _output_bytes(before, node), peak, basis)


def _nearest(project: Project, node: Node) -> _Earlier | None:
    """The most alike readable record: own scale before others, own results before published."""
    nearest: _Earlier | None = None
    for path in _places(project, node):
        try:
            record = read_record(path)
        except (OSError, UnreadableRecord):
            continue
        found = _Earlier(record, path.parent, _likeness(record, node))
        if nearest is None or found.likeness < nearest.likeness:
            nearest = found
        if nearest.likeness <= 1:
            break
    return nearest


def _places(project: Project, node: Node) -> Iterator[Path]:
    for scale in _by_distance(node.scale):
        tail = node.record.removeprefix(f"results/{node.scale}/")
        for base in (f"results/{scale}", f"results/published/{scale}"):
            own = project.path(f"{base}/{tail}")
            yield own
            if node.kind in ("run", "dataset"):
                stem = own.parent.name.rpartition("-")[0]
                others = sorted(own.parent.parent.glob(f"{stem}-*/record.json"))
                yield from (other for other in others if other != own)


def _by_distance(scale: str) -> list[str]:
    """All scales, the nearest first, of two the larger."""
    places: dict[str, int] = {name: number for number, name in enumerate(SCALES)}
    here = places.get(scale, 0)
    others = [name for name in SCALES if name != scale]
    return [scale, *sorted(others, key=lambda s: (abs(places[s] - here), -places[s]))]


def _likeness(record: Record, node: Node) -> int:
    if record.fingerprint == node.fingerprint:
        return 0
    if record.spec == node.spec:
        return 1
    return 2 if node.kind == "run" and _settings(record.spec) == _settings(node.spec) else 3


def _settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a training has to do, apart from how often and how many times side by side."""
    run = spec.get("run", spec)
    sizes = ("steps", "members", "members_per_job")
    rest = {name: value for name, value in spec.items() if name not in ("run", "members")}
    return {**rest, "run": {name: run[name] for name in run if name not in sizes}}


def _seconds(record: Record, node: Node) -> float:
    """Seconds that ``record`` says, those of updates in proportion to steps and members.

    A training that was resumed timed its last updates only.
    """
    done = record.execution
    wall_s = float(done["wall_s"])
    try:
        updates_s = max(float(done["train_s"]) - float(done["compile_s"]), 0.0)
        resumed = done.get("resumed_from_step")
        updates = int(record.spec["run"]["steps"]) - (-1 if resumed is None else int(resumed))
        timed = len(record.spec["members"]) * updates
        wanted = len(node.spec["members"]) * (int(node.spec["run"]["steps"]) + 1)
        return wall_s + updates_s * (wanted / timed - 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return wall_s


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
    """What a set of jobs takes. Ranges add up as if all jobs erred to the same side."""

    jobs: int
    core_s: float
    """Of one core each."""
    low_s: float
    high_s: float
    """Range of ``core_s``."""
    wall_s: float
    """On the cores given: no less than the longest chain of jobs."""
    peak_bytes: int
    """Of the largest job."""
    side_by_side_bytes: int
    """Of as many of the largest as there are cores."""
    output_bytes: int
    bases: Mapping[str, int]
    """``recorded``, ``guessed`` -> jobs."""


def sum_up(nodes: Sequence[Node], costs: Mapping[str, Cost], cores: int) -> Total:
    """What making ``nodes``, parents first, takes on ``cores``, from the costs of each (by id)."""
    every = [costs[node.id] for node in nodes]
    core_s = sum(cost.seconds for cost in every)
    peaks = [cost.peak_memory_bytes for cost in every]
    seconds = {node.id: cost.seconds for node, cost in zip(nodes, every, strict=True)}
    return Total(
        jobs=len(nodes),
        core_s=core_s,
        low_s=sum(cost.low_s for cost in every),
        high_s=sum(cost.high_s for cost in every),
        wall_s=max(core_s / cores, longest_chain(nodes, seconds)),
        peak_bytes=max(peaks, default=0),
        side_by_side_bytes=sum(heapq.nlargest(cores, peaks)),
        output_bytes=sum(cost.output_bytes for cost in every),
        bases=dict(Counter(cost.basis for cost in every)),
    )


def longest_chain(nodes: Iterable[Node], seconds: Mapping[str, float]) -> float:
    """Seconds of the longest chain in which each waits for the one before; parents come first."""
    return max(_chain_ends(nodes, seconds).values(), default=0.0)


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


@dataclass(frozen=True)
class UnderWay:
    """How far a training is."""

    share: float
    """Of its updates that are done, 0 to 1."""
    left_s: float
    """Seconds that the rest takes at its present pace."""

    @property
    def taken_s(self) -> float:
        """Seconds that what is done took, at the same pace."""
        return self.left_s * self.share / max(1 - self.share, 1e-3)


@dataclass
class Forecast:
    """How long a run still takes: predictions corrected by what its jobs really took."""

    nodes: Sequence[Node]
    """Everything the run makes, parents first."""
    costs: Mapping[str, Cost]
    cores: int
    taken: dict[str, float | None] = field(default_factory=dict)
    """Finished node -> the seconds it took; None: it is finished, and says nothing of the pace."""

    def left_s(self, elapsed_s: float, under_way: Mapping[str, UnderWay]) -> float:
        """Seconds until everything is made, ``elapsed_s`` after the start."""
        paces = {training: self.pace(training, under_way) for training in (True, False)}
        left = {node.id: self._left_s(node, paces, under_way) for node in self.nodes}
        busy = self._busy(elapsed_s, under_way)
        return max(sum(left.values()) / self.cores / busy, longest_chain(self.nodes, left))

    def pace(self, training: bool, under_way: Mapping[str, UnderWay]) -> float:
        """How many times as long jobs take as predicted: trainings, or all others.

        The first seconds count for little.
        """
        took = predicted = _SETTLED_S
        for node in self.nodes:
            if (node.kind == "run") != training:
                continue
            seconds, now = self.taken.get(node.id), under_way.get(node.id)
            if seconds is not None:
                took += seconds
                predicted += self.costs[node.id].seconds
            elif node.id not in self.taken and now:
                took += now.taken_s
                predicted += now.share * self.costs[node.id].seconds
        return took / predicted

    def share(self, under_way: Mapping[str, UnderWay]) -> float:
        """Share of the predicted work that is done, 0 to 1."""
        whole = sum(self.costs[node.id].seconds for node in self.nodes) or 1.0
        return sum(self._done_s(node, under_way) for node in self.nodes) / whole

    def _done_s(self, node: Node, under_way: Mapping[str, UnderWay]) -> float:
        seconds, now = self.costs[node.id].seconds, under_way.get(node.id)
        return seconds if node.id in self.taken else seconds * now.share if now else 0.0

    def _left_s(
        self, node: Node, paces: Mapping[bool, float], under_way: Mapping[str, UnderWay]
    ) -> float:
        if node.id in self.taken:
            return 0.0
        now = under_way.get(node.id)
        return now.left_s if now else self.costs[node.id].seconds * paces[node.kind == "run"]

    def _busy(self, elapsed_s: float, under_way: Mapping[str, UnderWay]) -> float:
        """Share of the cores' time that jobs really used: between jobs the engine needs some."""
        took = sum(seconds or 0.0 for seconds in self.taken.values())
        took += sum(now.taken_s for name, now in under_way.items() if name not in self.taken)
        whole = elapsed_s * self.cores + _SETTLED_CORE_S
        return min(max((took + _SETTLED_CORE_S) / whole, 0.5), 1.0)
