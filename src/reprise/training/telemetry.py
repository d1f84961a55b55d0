"""What a job says of itself while it runs: where its time goes and how far it is. Without JAX.

The time of a job is split into phases, and at every moment it is in exactly one of them, so that
they add up to all of it:

- ``start``: from the start of its process, or of the client that asked for a fork of one;
- ``import``, ``read`` (inputs and checks of them and of the code), ``write``, ``wait`` (for a lock
  or a device);
- ``trace`` and ``compile``: what JAX says that it traces, lowers and compiles, wherever it does so;
- ``steps``: updates of a training;
- ``evaluate``: whatever else a node computes.
"""

import json
import os
import socket
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from reprise.project import Project
from reprise.specs.runs import RunSpec
from reprise.storage.atomic import write_text
from reprise.training.chunks import Progress

_EVERY_S = 1.0
_RECENT_S = 120.0
_SILENT_S = 900.0
_EVENTS = {
    "/jax/core/compile/jaxpr_trace_duration": "trace",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "trace",
    "/jax/core/compile/backend_compile_duration": "compile",
}
WORK = ("steps", "evaluate")
"""Phases whose time grows with what there is to do; the others come once."""


class Stopwatch:
    """Splits the time since a process started among phases."""

    def __init__(self, already_s: float = 0.0) -> None:
        self._spent: defaultdict[str, float] = defaultdict(float, start=already_s)
        self._now = "start"
        self._since = time.perf_counter()
        self._events: list[tuple[float, float]] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """The block is in phase ``name``, which ends where another one begins inside it."""
        before = self.switch(name)
        try:
            yield
        finally:
            self.switch(before)

    def switch(self, name: str) -> str:
        """Begin phase ``name``; the one before."""
        now = time.perf_counter()
        self._spent[self._now] += now - self._since
        before, self._now, self._since = self._now, name, now
        return before

    def took(self, name: str, seconds: float) -> None:
        """``seconds`` until now were phase ``name``, but for what was told of parts of them."""
        start = time.perf_counter() - seconds
        inside = 0.0
        while self._events and self._events[-1][0] >= start:
            inside += self._events.pop()[1]
        self._events.append((start, seconds))
        self._spent[name] += max(seconds - inside, 0.0)
        self._spent[self._now] -= max(seconds - inside, 0.0)

    @property
    def current(self) -> str:
        """The phase of this moment."""
        return self._now

    def split(self) -> dict[str, float]:
        """Phase -> seconds until now."""
        self.switch(self._now)
        return {name: seconds for name, seconds in self._spent.items() if seconds > 0}


_heard: list[Stopwatch] = []
"""That of the job that this process makes; whoever listens to JAX listens for ever."""


def _hear_jax(watch: Stopwatch) -> None:
    """From now on ``watch`` is told what JAX traces and compiles, if JAX is imported."""
    if "jax" in sys.modules:
        if not _heard:
            sys.modules["jax"].monitoring.register_event_duration_secs_listener(_on_event)
        _heard[:] = [watch]


def _on_event(event: str, duration: float, **_: str | int) -> None:
    if event in _EVENTS and threading.current_thread() is threading.main_thread():
        _heard[0].took(_EVENTS[event], duration)


class Telemetry:
    """One job under way: the listener of ``progress``, which keeps a small file up to date."""

    def __init__(
        self, path: Path, name: str, watch: Stopwatch, echo: Callable[[str], None]
    ) -> None:
        self.watch = watch
        self.path = path
        self._echo = echo
        self._fixed: dict[str, Any] = {
            "node": name,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "began": time.time() - sum(watch.split().values()),
        }
        self._total: int | None = None
        self._done, self._what, self._note = 0, "", ""
        self._seen: deque[tuple[float, float]] = deque()
        self._used: deque[tuple[float, float]] = deque([(sum(watch.split().values()), 0.0)])
        self._last = {"file": -_EVERY_S, "line": -10 * _EVERY_S}
        self._write()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """What is done in the block is of this kind of work."""
        with self.watch.phase(name):
            self._write()
            yield
        if name == "import":
            _hear_jax(self.watch)

    def expect(self, total: int, what: str) -> None:
        """There are ``total`` to do of ``what``."""
        self.tell(0, total, what)

    def done(self, count: int) -> None:
        """``count`` more are done."""
        if self._total is not None:
            self.tell(min(self._done + count, self._total), self._total, self._what)

    def report(self, progress: Progress) -> None:
        """A training has ended a chunk."""
        note = f"loss {progress.loss:.3g}, {progress.steps_per_s:.0f} steps/s"
        self.tell(progress.step, progress.steps, "steps", note)

    def tell(self, done: int, total: int, what: str, note: str = "") -> None:
        """So many are done: a file at most once a second, a plain line every ten."""
        if (total, what) != (self._total, self._what):
            self._seen.clear()
        self._done, self._total, self._what, self._note = done, total, what, note
        now = time.monotonic()
        if now - self._last["file"] >= _EVERY_S:
            self._last["file"] = now
            self._write()
        if now - self._last["line"] >= 10 * _EVERY_S:
            self._last["line"] = now
            self._echo(describe_share(done, total, what, note))

    def _write(self) -> None:
        split = self.watch.split()
        content = {
            **self._fixed,
            "phase": self.watch.current,
            "seconds": split,
            "done": self._done,
            "total": self._total,
            "what": self._what,
            "note": self._note,
            "whole_s": self._whole_s(sum(split.get(name, 0.0) for name in WORK)),
            "core_share": self._core_share(sum(split.values())),
        }
        # Whoever looks is told what is known; nothing waits for the disk, nor dies of a full one.
        with suppress(OSError):
            write_text(self.path, json.dumps(content), durable=False)

    def _whole_s(self, work_s: float) -> float | None:
        """Seconds that all of the work takes at the pace of the last minutes."""
        if not self._total:
            return None
        share = self._done / self._total
        then_s, before = _recent(self._seen, work_s, share)
        return (work_s - then_s) / (share - before) if share > before else None

    def _core_share(self, elapsed_s: float) -> float:
        """Of a core that this process had in the last minutes."""
        used_s = time.process_time()
        then_s, before_s = _recent(self._used, elapsed_s, used_s)
        return (used_s - before_s) / (elapsed_s - then_s) if elapsed_s - then_s > _EVERY_S else 1.0

    def close(self) -> None:
        """The job has ended, however it did."""
        with suppress(OSError):
            self.path.unlink()


def _recent(seen: deque[tuple[float, float]], now_s: float, value: float) -> tuple[float, float]:
    """The first of ``seen`` that is recent, once ``value`` is seen, too."""
    seen.append((now_s, value))
    while now_s - seen[0][0] > _RECENT_S and len(seen) > 2:
        seen.popleft()
    return seen[0]


@dataclass(frozen=True)
class Running:
    """What a job that runs has said."""

    node: str
    began: float
    """Seconds since 1970."""
    phase: str
    seconds: Mapping[str, float]
    """Phase -> seconds, when it last said something."""
    done: int
    total: int | None
    what: str
    note: str
    whole_s: float | None
    """Seconds that all of its work takes at its pace of the last minutes."""
    core_share: float
    """Of a core that it had in the last minutes."""

    @property
    def share(self) -> float:
        """Share of the work that is done, 0 where it has not told."""
        return self.done / self.total if self.total else 0.0

    def describe(self) -> str:
        """``step 500/2000, loss 0.012, 310 steps/s``; what it does, where it has no such number."""
        if self.total:
            return describe_share(self.done, self.total, self.what, self.note)
        doing = "compile" if self.phase == "steps" else self.phase
        return f"{doing}, {max(time.time() - self.began, 0.0):.0f} s"


def describe_share(done: int, total: int, what: str, note: str = "") -> str:
    """``steps 500/2000, loss 0.012``."""
    return f"{what} {done}/{total}{f', {note}' if note else ''}"


def progress_file(project: Project, node: str, fingerprint: str) -> Path:
    """Where the job that makes ``node`` (its id) says how far it is."""
    return project.cache / "progress" / f"{node.replace('/', '.')}-{fingerprint[:12]}.json"


def running(project: Project, since: float = 0.0) -> dict[str, Running]:
    """Node id -> what its job says, for the jobs that live and have said something ``since`` then.

    What a job that is gone left behind is no job: on this host its process has to be there, on
    another it has to have said something in the last minutes.
    """
    found = {}
    for path in (project.cache / "progress").glob("*.json"):
        try:
            when = path.stat().st_mtime
            if when < since:
                continue
            said = json.loads(path.read_text(encoding="utf-8"))
            here, pid = said.pop("host") == socket.gethostname(), said.pop("pid")
            if psutil.pid_exists(pid) if here else time.time() - when < _SILENT_S:
                found[said["node"]] = Running(**said)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def age_s(pid: int) -> float:
    """Seconds since the process ``pid`` started; 0 where the system does not say."""
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        return max(now - int(started) / os.sysconf("SC_CLK_TCK"), 0.0)
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0


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
