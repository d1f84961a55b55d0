"""Progress of running trainings, as small files that ``reprise run`` reads."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reprise.project import Project
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
