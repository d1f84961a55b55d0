"""What making a node costs: as recorded when it was made, as counted, or as guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import Any

from reprise.execution.counted import CountedWork
from reprise.execution.durations import Answer, Durations
from reprise.execution.evidence import Evidence, work_digest, work_of
from reprise.execution.guesses import SPREAD, growth, networks
from reprise.execution.nominal import PEAKS, assumed, peak
from reprise.execution.recorded import Earlier, earlier
from reprise.execution.samples import Work
from reprise.execution.sizes import output_bytes, peak_bytes
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.specs.errors import ConfigError, suggest

BASES = RECORDED, COUNTED, GUESSED = ("recorded", "counted", "guessed")
CPU = "cpu"
_GUESS_S = {"dataset": 5, "run": 60, "table": 4, "figure": 6, "verdict": 4, "report": 5}
_GUESS_BYTES = {"run": 5_000_000, "figure": 400_000}
_GUESS_PEAK = 500 * 2**20


@dataclass(frozen=True)
class Cost:
    """What a node takes: ``seconds / factor`` to ``seconds * factor`` is likely."""

    seconds: float
    output_bytes: int
    peak_memory_bytes: int
    basis: str = RECORDED
    """``recorded`` when this node was made; ``counted``: its FLOPs at the rate of recorded
    trainings; ``guessed``: from another scale, or from nothing."""
    factor: float = 1.0

    @property
    def measured(self) -> bool:
        """Whether it was recorded when this node was made."""
        return self.basis == RECORDED


def estimate(project: Project, node: Node) -> Cost:
    """The cost of one node by itself."""
    return Costs(project).of(node)


@dataclass
class Costs:
    """Costs of a project's nodes, with trainings on ``device``; reads, and writes nothing."""

    project: Project
    nodes: Mapping[str, Node] = field(default_factory=dict)
    """The graph: what tables cost depends on the networks that they read."""
    device: str = CPU
    """Part of a device's platform or kind, in small letters."""
    _costs: dict[str, Cost] = field(default_factory=dict)

    def on(self, device: str) -> None:
        """Ask for trainings on ``device`` from now on.

        Raises:
            ConfigError: nothing was trained on it, and it is not one of known data sheets.
        """
        self.device = device.lower()
        self._costs.clear()
        self.__dict__.pop("durations", None)
        if not self.durations.samples and self.device not in (CPU, *PEAKS):
            near = suggest(self.device, {CPU, *self.evidence.devices, *PEAKS})
            raise ConfigError(f"--device: nothing is known of {self.device!r}{near}")

    def of(self, node: Node) -> Cost:
        """The cost of making ``node``."""
        if node.fingerprint not in self._costs:
            self._costs[node.fingerprint] = self._cost(node)
        return self._costs[node.fingerprint]

    def uncounted(self, nodes: Iterable[Node]) -> dict[str, dict[str, Any]]:
        """Digest -> spec of the trainings among ``nodes`` that were neither made nor counted."""
        return {
            work_digest(node.spec["run"]): node.spec
            for node in nodes
            if (work := self._work(node)) and work.flops is None and not self.of(node).measured
        }

    def counted_again(self) -> None:
        """Look again: more was counted since."""
        self._costs.clear()
        self.__dict__.pop("counted", None)

    @cached_property
    def evidence(self) -> Evidence:
        """Recorded trainings."""
        return Evidence(self.project)

    @cached_property
    def counted(self) -> CountedWork:
        """Counted updates."""
        return CountedWork.of(self.project)

    @cached_property
    def durations(self) -> Durations:
        """What is known of the device."""
        return self.evidence.of(self.device)

    @property
    def by_data_sheet(self) -> bool:
        """Whether nothing was trained on the device, so that its data sheet has to do."""
        return self.device in PEAKS and not self.durations.samples

    def _cost(self, node: Node) -> Cost:
        before = earlier(self.project, node)
        work = self._work(node)
        if work is None:
            return self._other(node, before)
        if before and before.exact and self.device in (before.device or CPU):
            return self._recorded(node, before)
        answer = self._answer(work)
        counts = self.counted.known.get(work_digest(node.spec["run"]))
        memory = peak_bytes(counts, work, self._process) if counts else self._peak(before)
        size = self._output_bytes(node, before)
        if answer is None:
            return Cost(_GUESS_S["run"], size, memory, GUESSED, SPREAD)
        if work.flops is None or not self.durations.samples:
            return Cost(answer.seconds, size, memory, GUESSED, max(answer.factor, SPREAD))
        return Cost(answer.seconds, size, memory, COUNTED, answer.factor)

    def _answer(self, work: Work) -> Answer | None:
        if self.durations.samples:
            return self.durations.of(work)
        best = peak(self.device, work) or self.evidence.best(self.device, work.family[-1])
        return assumed(best, work, self.evidence.of(CPU)) if best else None

    def _other(self, node: Node, before: Earlier | None) -> Cost:
        """What is not a training; from another scale by what has grown."""
        if before is None:
            size = self._output_bytes(node, None)
            return Cost(_GUESS_S[node.kind], size, _GUESS_PEAK, GUESSED, SPREAD)
        if before.exact or node.kind == "run":
            return self._recorded(node, before)
        more, unsure = growth(before.record.spec.get("params", {}), node.spec.get("params", {}))
        if before.scale == node.scale and more == unsure == 1:
            return self._recorded(node, before)
        more *= networks(self._read(node), self._read_then(before))
        size = before.output_bytes or self._output_bytes(node, None)
        memory = before.peak_memory_bytes
        return Cost(more * before.seconds, size, memory, GUESSED, SPREAD * unsure)

    def _read(self, node: Node) -> list[float | None]:
        """FLOPs for an example of the networks that ``node`` reads."""
        works = [self._work(self.nodes[i]) for i in node.inputs if i in self.nodes]
        return [work.example_flops for work in works if work]

    def _read_then(self, before: Earlier) -> list[float | None]:
        known = self.evidence.networks(before.scale)
        return [known.get(i) for i in before.record.inputs if "/run/" in i]

    def _recorded(self, node: Node, before: Earlier) -> Cost:
        size = self._output_bytes(node, before)
        return Cost(before.seconds, size, before.peak_memory_bytes)

    def _work(self, node: Node) -> Work | None:
        """What the training ``node`` has to do; None where it is none."""
        if node.kind != "run":
            return None
        try:
            work = work_of(node.paper, node.name, node.spec)
        except (KeyError, TypeError, ValueError):
            return None
        return work.with_flops(self._flops(node))

    def _flops(self, node: Node) -> float | None:
        """FLOPs of an update of one member: as recorded, as counted, or as they last were."""
        digest = work_digest(node.spec["run"])
        if digest in self.evidence.flops:
            return self.evidence.flops[digest]
        counts = self.counted.known.get(digest)
        return counts["flops"] if counts else None

    def _output_bytes(self, node: Node, before: Earlier | None) -> int:
        if before and before.exact and (size := before.output_bytes):
            return size
        if self._work(node) and (counts := self.counted.known.get(work_digest(node.spec["run"]))):
            return output_bytes(counts, node.spec)
        return (before.output_bytes if before else 0) or _GUESS_BYTES.get(node.kind, 50_000)

    def _peak(self, before: Earlier | None) -> int:
        return before.peak_memory_bytes if before else round(self._process)

    @cached_property
    def _process(self) -> float:
        """Peak memory of a usual training."""
        peaks = [t.peak_memory_bytes for t in self.evidence.trainings]
        return median(peaks) if peaks else float(_GUESS_PEAK)
