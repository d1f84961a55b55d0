"""How fast a training runs, and which share of the device's best that is."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reprise.execution import calibration
from reprise.specs.members import JobSpec
from reprise.specs.runs import RunSpec
from reprise.training.chunks import Progress


class Meter:
    """Passes progress on, and times the chunks that do not compile: all but each phase's first."""

    def __init__(self, run: RunSpec, report: Callable[[Progress], None]) -> None:
        self.updates = 0
        self.seconds = 0.0
        self._ends = [phase.until for phase in run.phases]
        self._report = report
        self._last: tuple[int, float] | None = None

    def __call__(self, progress: Progress) -> None:
        """A chunk has ended."""
        now, done = time.perf_counter(), progress.step + 1
        if self._last is not None:
            before, then = self._last
            # Fewer updates than before: members of a share are trained once more.
            if done > before and self._phase(before) == self._phase(before - 1):
                self.updates += done - before
                self.seconds += now - then
        self._last = done, now
        self._report(progress)

    @property
    def updates_per_s(self) -> float | None:
        """Updates a second, what the host does between chunks included; None after one chunk."""
        return self.updates / self.seconds if self.seconds > 0 else None

    def _phase(self, update: int) -> int:
        return sum(end <= update for end in self._ends)


def performance(
    job: JobSpec, meter: Meter, device: dict[str, Any], devices: int, cache: Path
) -> dict[str, Any]:
    """What the record says: operations in all, per second, and as a share of the best.

    ``devices`` like ``device`` share the members out. The last three values are None where the
    training is too short to say.
    """
    from jax.errors import JaxRuntimeError

    from reprise.execution.flops import count

    work, members, run = count(job), len(job.members), job.run
    found: dict[str, Any] = {
        "flops": work.total * members,
        "flops_per_update": work.per_update,
        "flops_per_s": None,
        "peak_flops_per_s": None,
        "utilisation": None,
    }
    if meter.updates_per_s is None:
        return found
    reached = work.total / (run.steps + 1) * members * meter.updates_per_s
    found["flops_per_s"] = reached
    try:
        chosen = (run.dtype, job.numerics or "exact", run.threads)
        peak = devices * calibration.peak(cache, device, *chosen, reached / devices)
    except JaxRuntimeError:  # no memory left: never at the expense of a training that is done
        return found
    return {
        **found,
        "peak_flops_per_s": peak,
        "utilisation": round(reached / peak, 4),
    }
