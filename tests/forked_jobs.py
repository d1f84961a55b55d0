"""Jobs as forks of one process that has the libraries imported, without the seconds of importing.

It is the fork server of all runs of small projects. Tests ask it for jobs with faults, too: each is
what ``reprise make`` does in a process (and process group) of its own. Where jobs are no forks
(``may_fork``), these are none either.
"""

import json
import os
import shutil
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

from reprise.jobs.fork_server import may_fork
from reprise.surroundings import PINNED

PATIENCE_S = 240
SERVER = Path(__file__).with_name("forking_server.py")


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
    """The process that starts jobs; each works with the sources of its own project."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.folder = Path(tempfile.mkdtemp(prefix="reprise-", dir="/tmp"))
        self.socket = self.folder / "fork-server"
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER), "fork" if may_fork() else "spawn", str(self.socket)],
            env={**Workspace(logs).environment, **PINNED, "MPLCONFIGDIR": str(self.folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=logs,
        )

    def make(self, workspace: Workspace, node_file: str, fault: Fault = NO_FAULT) -> Job:
        """Start ``reprise make node_file`` in ``workspace``."""
        variables = {**workspace.environment, **fault.variables}
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
        shutil.rmtree(self.folder)


def wait_for(condition: Callable[[], bool], job: Job | None = None) -> None:
    """Poll until ``condition`` holds; fails if ``job`` ends or patience does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert job is None or job.poll() is None, job.said()
        assert time.monotonic() < end
        time.sleep(0.01)
