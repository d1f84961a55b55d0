"""What updates compute, counted once and kept in ``.reprise/flops.json``."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reprise.project import Project
from reprise.storage.atomic import write_json

Spec = Mapping[str, Any]


@dataclass
class CountedWork:
    """Counts by digest of what an update computes; see ``counting.Counts``."""

    file: Path
    known: dict[str, dict[str, float]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Digest -> why it could not be counted; not kept."""

    @classmethod
    def of(cls, project: Project) -> "CountedWork":
        """What was counted in ``project``; nothing where the file is missing or damaged."""
        file = project.cache / "flops.json"
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            known = {
                str(digest): {str(name): float(value) for name, value in counts.items()}
                for digest, counts in found.items()
                if counts["flops"] > 0
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            known = {}
        return cls(file, known)

    def count(self, jobs: Mapping[str, Spec], tell: Callable[[int], None]) -> None:
        """Count the ``jobs`` (digest -> a job's spec) not yet known, in a process of its own.

        ``tell`` gets the number of answers so far. Every answer is kept at once.
        """
        missing = {digest: spec for digest, spec in jobs.items() if digest not in self.known}
        for done, (digest, found) in enumerate(self._answers(missing), start=1):
            if "error" in found:
                self.failed[digest] = str(found["error"])
            else:
                self.known[digest] = found
                write_json(self.file, self.known)
            tell(done)

    def _answers(self, jobs: Mapping[str, Spec]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Answers in order; who kills a used process is asked again in a fresh one, once."""
        waiting = list(jobs.items())
        while waiting:
            answered = 0
            for digest, found in _asked(waiting, self.file.parent):
                answered += 1
                yield digest, found
            if not answered:
                yield waiting[0][0], {"error": "the process that counts died"}
                answered = 1
            waiting = waiting[answered:]


def _asked(jobs: Sequence[tuple[str, Spec]], cache: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What one process answers, until it has answered everything or died."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reprise.execution.counting", str(cache)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
    )
    assert process.stdin and process.stdout
    try:
        # One line at a time: neither side then waits for the other with a full pipe.
        for digest, spec in jobs:
            try:
                process.stdin.write(json.dumps(spec) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                return
            answer = process.stdout.readline()
            if not answer:
                return
            yield digest, json.loads(answer)
    finally:
        process.kill()
        with suppress(BrokenPipeError):
            process.communicate()
