"""Jobs as forks of one process that has the libraries imported, with faults put into them.

Each is what ``reprise make`` does in a process (and process group) of its own, without the seconds
that importing takes. A fault is put in just before: variables, processors, a clock that goes
backwards, or SIGKILL at the very call that is about to sync, rename or remove a file.
"""

import contextlib
import fnmatch
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workspace import Workspace

PATIENCE_S = 240
LIBRARIES = (
    "reprise.cli.make",
    "reprise.training.loop",
    "reprise.training.optimizers.adamw",
    "reprise.tasks.parity",
    "reprise.models.parity_mlp",
    "reprise.plotting.theme",
    "reprise.plotting.render",
    "reprise.execution.reporting",
    "reprise.report.html",
    "scipy.special",
)


@dataclass(frozen=True)
class KillAt:
    """SIGKILL before the ``count``-th call of ``os.<call>`` on a path that matches ``pattern``."""

    call: str
    pattern: str
    count: int = 1


@dataclass(frozen=True)
class Fault:
    """What is wrong with the process of a job."""

    kill_at: KillAt | None = None
    variables: dict[str, str] = field(default_factory=dict)
    cpus: tuple[int, ...] = ()
    clock_backwards: bool = False
    out_of_memory: bool = False


NO_FAULT = Fault()


@dataclass
class Job:
    """A job under way."""

    server: "JobServer"
    pid: int
    log: Path
    code: int | None = None

    def poll(self) -> int | None:
        """Exit code (minus the signal that killed it), or None while it runs."""
        if self.code is None:
            self.code = self.server.ask(wait=self.pid)
        return self.code

    def wait(self) -> int:
        """Exit code, once it has ended; kills what takes too long."""
        try:
            wait_for(lambda: self.poll() is not None)
        finally:
            if self.poll() is None:
                self.send(signal.SIGKILL)
        assert self.code is not None
        return self.code

    def send(self, number: int) -> None:
        """A signal for its whole process group."""
        os.killpg(self.pid, number)

    def said(self) -> str:
        """Its output and errors so far."""
        return self.log.read_text()


class JobServer:
    """The process that forks; it works with the sources of ``workspace``."""

    def __init__(self, workspace: Workspace, logs: Path) -> None:
        self.logs = logs
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            env=workspace.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=workspace.root,
        )

    def make(self, workspace: Workspace, node_file: str, fault: Fault = NO_FAULT) -> Job:
        """Start ``reprise make node_file`` in ``workspace``."""
        variables = {**workspace.variables, **fault.variables}
        handle, log = tempfile.mkstemp(dir=self.logs, suffix=".log")
        os.close(handle)
        kill_at = vars(fault.kill_at) if fault.kill_at else None
        asked = {**vars(fault), "variables": variables, "kill_at": kill_at}
        pid = self.ask(folder=str(workspace.root), node_file=node_file, log=log, **asked)
        assert pid is not None
        return Job(self, pid, Path(log))

    def ask(self, **question: Any) -> int | None:
        """The answer of the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(question)}\n")
        self.process.stdin.flush()
        answer: int | None = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def wait_for(condition: Callable[[], bool], job: Job | None = None) -> None:
    """Poll until ``condition`` holds; fails if ``job`` ends or patience does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert job is None or job.poll() is None, job.said()
        assert time.monotonic() < end
        time.sleep(0.01)


def serve() -> None:
    """Answer questions on stdin until it is closed: a line of JSON each."""
    import importlib

    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            pid, status = os.waitpid(question["wait"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                os._exit(_work(question))
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _work(question: dict[str, Any]) -> int:
    os.setsid()
    with contextlib.suppress(OSError):
        os.close(0)
    log = os.open(question["log"], os.O_WRONLY | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.chdir(question["folder"])
    os.environ.update(question["variables"])
    time.tzset()
    _choose_device()
    if question["cpus"]:
        os.sched_setaffinity(0, question["cpus"])
    if question["clock_backwards"]:
        _turn_the_clock_back()
    if question["out_of_memory"]:
        _run_out_of_memory()
    if question["kill_at"]:
        _kill_at(KillAt(**question["kill_at"]))
    from reprise.cli.make import main

    code = main([question["node_file"]])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _choose_device() -> None:
    """What importing JAX would have done with the variable."""
    import jax

    if platforms := os.environ.get("JAX_PLATFORMS"):
        jax.config.update("jax_platforms", platforms)


def _kill_at(fault: KillAt) -> None:
    real = getattr(os, fault.call)
    calls = 0

    def call(place: Any, *more: Any, **options: Any) -> Any:
        nonlocal calls
        path = str(more[0] if more else place)
        if isinstance(place, int):
            path = str(Path(f"/proc/self/fd/{place}").readlink())
        calls += fnmatch.fnmatch(path, fault.pattern)
        if calls == fault.count:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(place, *more, **options)

    setattr(os, fault.call, call)


def _turn_the_clock_back() -> None:
    """Every look at the clock says an hour less than the last one."""
    real, looks = time.time, 0

    def earlier() -> float:
        nonlocal looks
        looks += 1
        return real() - 3600 * looks

    time.time = earlier


def _run_out_of_memory() -> None:
    """The error of a device that cannot hold the batch, at the first step of the training."""
    from jax.errors import JaxRuntimeError

    from reprise.training.program import Program

    def advance(*arguments: Any) -> Any:
        raise JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes.")

    Program.advance = advance


if __name__ == "__main__":
    serve()
