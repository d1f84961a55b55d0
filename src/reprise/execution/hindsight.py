"""How good predictions would have been: every recorded training told from other ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reprise.execution.durations import Durations
from reprise.execution.samples import Sample


@dataclass(frozen=True)
class Hindsight:
    """Seconds of a recorded training: told by others, and as it was."""

    sample: Sample
    told_s: float

    @property
    def took_s(self) -> float:
        """Start-up, compilation and updates, as recorded."""
        return self.sample.start_s + self.sample.train_s


def hindsight(samples: Sequence[Sample], alike: Callable[[Sample], object]) -> list[Hindsight]:
    """Every sample told from those that are not ``alike``; without one for which none is left."""
    found = []
    others = {
        key: Durations(tuple(s for s in samples if alike(s) != key))
        for key in {alike(s) for s in samples}
    }
    for sample in samples:
        answer = others[alike(sample)].of(sample.work)
        if answer:
            found.append(Hindsight(sample, answer.seconds))
    return found


def ratio(found: Iterable[Hindsight]) -> float:
    """Sum of what was told over the sum of what it took."""
    told, took = zip(*((h.told_s, h.took_s) for h in found), strict=True)
    return sum(told) / sum(took)
