"""How long a training takes, from trainings that were recorded: pure functions of numbers.

A job takes a start-up, a compilation per phase of its curriculum, and its updates. One update of a
job takes a fixed time for each member trained after the other, and its FLOPs at a rate:
``c * (k * sequential + members * flops)``, with ``c`` (seconds per FLOP) and ``k`` (the FLOPs that
take as long as the fixed part) fitted to all samples of a device. The answer is then corrected by
how far the most similar samples are from that line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from reprise.execution.samples import Sample, Work

NEAREST = 3
"""Similar samples that correct an answer; fewer are swayed by one, more are less similar."""
LIKELY = 0.9
"""Share of the samples that an answer's range would have held."""
_OFFSETS = [10 ** (3 + n / 20) for n in range(181)]
_WORTH_UPDATES = 50
_ALIKE = 3.0
_FEWEST = 3


@dataclass(frozen=True)
class Answer:
    """Seconds of a job; ``seconds / factor`` to ``seconds * factor`` is likely."""

    start_s: float
    compile_s: float
    updates_s: float
    factor: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.start_s + self.compile_s + self.updates_s


@dataclass(frozen=True)
class Line:
    """``seconds_per_flop * (offset * sequential + members * flops)`` seconds an update."""

    offset: float
    seconds_per_flop: float

    def update_s(self, work: Work) -> float:
        """Seconds of one update of a job whose FLOPs are known."""
        assert work.flops is not None
        flops = self.offset * work.sequential + work.members * work.flops
        return self.seconds_per_flop * flops


@dataclass(frozen=True)
class Durations:
    """What the recorded trainings of one device say about others."""

    samples: tuple[Sample, ...]

    def of(self, work: Work) -> Answer | None:
        """How long ``work`` takes; None if nothing was ever recorded."""
        if not self.samples:
            return None
        near = nearest(work, self.samples)
        return Answer(
            start_s=median(s.start_s for s in near),
            compile_s=work.phases * median(s.compiling_s for s in near),
            updates_s=work.updates * self._update_s(work, nearest(work, self._timed)),
            factor=self.factor,
        )

    @cached_property
    def line(self) -> Line | None:
        """The line of all samples: least mean absolute error of the logarithm."""
        points = self._counted
        if not points:
            return None
        found = []
        for offset in _OFFSETS:
            unit = Line(offset, 1.0)
            logs = [math.log(_update_s(s) / unit.update_s(s.work)) for s in points]
            middle = median(logs)
            found.append((sum(abs(x - middle) for x in logs), offset, math.exp(middle)))
        _, offset, seconds_per_flop = min(found)
        return Line(offset, seconds_per_flop)

    @cached_property
    def factor(self) -> float:
        """Factor within which ``LIKELY`` of the samples are told from the others."""
        off = []
        for sample in self._counted:
            others = nearest(sample.work, [s for s in self._counted if s is not sample])
            if others:
                told = self._update_s(sample.work, others)
                off.append(abs(math.log(told / _update_s(sample))))
        if not off:
            return 2.0
        return math.exp(sorted(off)[min(int(LIKELY * len(off)), len(off) - 1)])

    @cached_property
    def _timed(self) -> list[Sample]:
        """Samples that tell of updates: those of enough of them, if there are any."""
        timed = [s for s in self.samples if s.update_s]
        return [s for s in timed if _long(s)] or timed

    @cached_property
    def _counted(self) -> list[Sample]:
        return [s for s in self._timed if s.work.flops]

    def _update_s(self, work: Work, near: Sequence[Sample]) -> float:
        """Seconds of an update of ``work``, from the samples ``near`` to it."""
        known = [s for s in near if s.work.flops]
        if work.flops and self.line and known:
            line = self.line
            off = median(math.log(_update_s(s) / line.update_s(s.work)) for s in known)
            return line.update_s(work) * math.exp(off)
        rates = [_update_s(s) / s.work.sequential for s in near]
        return work.sequential * median(rates) if rates else 0.0


def nearest(work: Work, samples: Sequence[Sample]) -> list[Sample]:
    """The samples most like ``work``: of its most special family, of the nearest FLOPs."""
    pool = list(samples)
    for level in range(len(work.family)):
        alike = [s for s in pool if s.work.family[level:] == work.family[level:]]
        if alike:
            pool = alike
            break
    return sorted(pool, key=lambda s: (round(_distance(s.work, work), 2), not s.here))[:NEAREST]


def machine_factor(here: Sequence[Sample], elsewhere: Durations) -> float | None:
    """How many times as long trainings take ``here``, by samples that are alike there.

    None where fewer than three are.
    """
    logs = []
    for sample in here:
        answer = elsewhere.of(sample.work)
        if answer and sample.update_s and any(_alike(sample, s) for s in elsewhere.samples):
            logs.append(math.log(sample.update_s * sample.work.updates / answer.updates_s))
    return math.exp(median(logs)) if len(logs) >= _FEWEST else None


def _alike(a: Sample, b: Sample) -> bool:
    """Whether two samples are of one model, and of about the same size."""
    same = a.work.family[-2:] == b.work.family[-2:]
    return same and _long(a) and _long(b) and _distance(a.work, b.work) <= math.log(_ALIKE)


def _long(sample: Sample) -> bool:
    """Whether it has enough updates to tell how long one takes (never: whether that was long)."""
    return sample.work.updates - sample.first >= _WORTH_UPDATES


def _update_s(sample: Sample) -> float:
    assert sample.update_s is not None
    return sample.update_s


def _distance(a: Work, b: Work) -> float:
    if not a.flops or not b.flops:
        return math.inf
    return abs(math.log(a.flops / b.flops))
