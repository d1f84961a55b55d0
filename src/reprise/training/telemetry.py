"""What a training says of itself while it runs: how far it is, and how fast. Without JAX."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reprise.project import Project
from reprise.specs.runs import RunSpec
from reprise.storage.atomic import write_json
from reprise.training.chunks import Progress

_EVERY_S = 1.0


def progress_file(project: Project, fingerprint: str) -> Path:
    """Where the training with this fingerprint says how far it is."""
    return project.cache / "progress" / f"{fingerprint}.json"


def reporter(path: Path, echo: Callable[[str], None]) -> Callable[[Progress], None]:
    """A callback that writes ``path`` at most once a second and echoes a plain line every ten."""
    last = {"file": 0.0, "line": 0.0}

    def report(progress: Progress) -> None:
        now = time.monotonic()
        if now - last["file"] >= _EVERY_S:
            last["file"] = now
            write_json(path, {k: _finite(v) for k, v in vars(progress).items()})
        if now - last["line"] >= 10 * _EVERY_S:
            last["line"] = now
            echo(
                f"step {progress.step}/{progress.steps}  loss {progress.loss:.3g}  "
                f"{progress.steps_per_s:.0f} steps/s"
            )

    return report


def read_progress(path: Path) -> dict[str, Any] | None:
    """The last progress written to ``path``, or None."""
    try:
        value: dict[str, Any] = json.loads(path.read_text())
        return value
    except (OSError, ValueError):
        return None


def _finite(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None


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
            if self._phase(before) == self._phase(before - 1):
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
