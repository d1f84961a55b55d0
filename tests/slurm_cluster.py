"""A cluster of one node, this machine: munged, slurmctld and slurmd, while a test needs it."""

import fcntl
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slurm_configuration import NoCluster, check_machine, configure, remove, remove_leftovers

PATIENCE_S = 60
_COLUMNS = ("JobID", "State", "NumCPUs", "MinMemory", "TimeLimit", "tres-per-job", "Comment")


@dataclass(frozen=True)
class Job:
    """What the queue says of a job."""

    id: str
    state: str
    cores: int
    memory: str
    limit: str
    devices: str
    comment: str


@dataclass(frozen=True)
class Cluster:
    """A cluster that takes jobs."""

    folder: Path

    @property
    def profile(self) -> Path:
        """What a user of this cluster writes down once: there is no accounting."""
        return self.folder / "profile"

    def jobs(self) -> list[Job]:
        """All jobs of the last minutes, in order of submission."""
        columns = ",".join(f"{name}:|" for name in _COLUMNS)
        rows = _output("squeue", "--states=all", "--noheader", f"--Format={columns}").splitlines()
        found = [row.split("|")[: len(_COLUMNS)] for row in rows]
        jobs = [Job(i, state, int(cores), *rest) for i, state, cores, *rest in found]
        return sorted(jobs, key=lambda job: int(job.id))

    def under_way(self) -> list[Job]:
        """Jobs that wait, run or end."""
        return [job for job in self.jobs() if job.state in ("PENDING", "RUNNING", "COMPLETING")]

    def kill(self, job: str) -> None:
        """Kill all processes of a job at once, as a node does that runs out of memory."""
        _output("scancel", "--signal=KILL", "--full", job)


@contextmanager
def single_node_cluster() -> Iterator[Cluster]:
    """Start one, and take it away again with all its jobs; raises NoCluster with the reason."""
    check_machine()
    with _alone():
        remove_leftovers()
        folder = Path(tempfile.mkdtemp(prefix="reprise-slurm-"))
        processes: list[subprocess.Popen[bytes]] = []
        try:
            configure(folder)
            for command in _commands(folder):
                with (folder / f"{command[0]}.log").open("wb") as log:
                    started = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
                processes.append(started)
                (folder / "pids.json").write_text(json.dumps([p.pid for p in processes]))
                _wait(lambda: _started(folder, len(processes)), folder, processes)
            _wait(
                lambda: "idle" in _output("sinfo", "--noheader", "--format=%T"), folder, processes
            )
            yield Cluster(folder)
        finally:
            _end_jobs(processes)
            for process in reversed(processes):
                _end(process)
            remove(folder)


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time on this machine: a second one waits, and gives up before its test does."""
    end = time.monotonic() + 5 * PATIENCE_S
    with Path(tempfile.gettempdir(), "reprise-slurm.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise NoCluster("another test has the cluster of this machine") from None
                time.sleep(1)
        yield


def _commands(folder: Path) -> list[list[str]]:
    places = {"key-file": "key", "socket": "munge/socket", "pid-file": "munge/pid"}
    places |= {"log-file": "munge/log", "seed-file": "munge/seed"}
    options = [f"--{name}={folder}/{path}" for name, path in places.items()]
    return [
        ["munged", "--foreground", "--num-threads=10", *options],
        ["slurmctld", "-D"],
        ["slurmd", "-D"],
    ]


def _started(folder: Path, count: int) -> bool:
    """Whether the ``count``-th daemon answers."""
    if count == 1:
        return (folder / "munge" / "socket").exists()
    return count == 3 or "UP" in _output("scontrol", "ping")


def _wait(
    condition: Callable[[], bool], folder: Path, processes: "list[subprocess.Popen[bytes]]"
) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        dead = [Path(p.args[0]).name for p in processes if p.poll() is not None]  # type: ignore[index]
        if dead or time.monotonic() > end:
            name = dead[0] if dead else "slurmd"
            said = (folder / f"{name}.log").read_text(errors="replace").strip()
            raise NoCluster(f"{name} does not start: {said[-300:]}")
        time.sleep(0.2)


def _end_jobs(processes: "list[subprocess.Popen[bytes]]") -> None:
    """Cancel what is left in the queue and wait until its processes are gone."""
    if len(processes) < 3 or any(process.poll() is not None for process in processes):
        return
    end = time.monotonic() + PATIENCE_S
    while jobs := _output("squeue", "--noheader", "--format=%A").split():
        _output("scancel", *jobs)
        if time.monotonic() > end:
            return
        time.sleep(0.5)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _output(*command: str) -> str:
    """What a command of Slurm prints; nothing if it fails."""
    return subprocess.run(command, capture_output=True, text=True).stdout
