"""A cluster of one node, this machine: munged, slurmctld and slurmd, while a test needs it.

Job steps do not see ``SLURM_CONF``, so its configuration lies in ``/etc/slurm``. It is only ever
written where there is none: a machine that belongs to a real cluster is left alone.
"""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

CONFIGURED = Path("/etc/slurm/slurm.conf")
DEVICES = CONFIGURED.with_name("gres.conf")
MARK = "# Written by the tests of Reprise, which remove it again. Folder: "
COMMANDS = (
    "munged",
    "slurmctld",
    "slurmd",
    "sbatch",
    "srun",
    "scancel",
    "scontrol",
    "sinfo",
    "squeue",
)
DAEMONS = ("slurmd", "slurmctld", "munged")
CORES = 8
"""As many as a batch may take; how many the machine has does not matter to the scheduler."""
PATIENCE_S = 60


class NoCluster(Exception):
    """Why there can be no cluster on this machine."""


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
        columns = "%A|%T|%C|%m|%l|%b|%k"
        rows = _output("squeue", "--states=all", "--noheader", f"--format={columns}").splitlines()
        found = [row.split("|", 6) for row in rows]
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
    _check_machine()
    with _alone():
        _remove_leftovers()
        folder = Path(tempfile.mkdtemp(prefix="reprise-slurm-"))
        processes: list[subprocess.Popen[bytes]] = []
        try:
            _configure(folder)
            for command in _commands(folder):
                log = (folder / f"{Path(command[0]).name}.log").open("wb")
                processes.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
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
            for path in (CONFIGURED, DEVICES):
                path.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)


def _check_machine() -> None:
    if os.geteuid() != 0:
        raise NoCluster("only root can start the daemons of Slurm")
    missing = [name for name in COMMANDS if not shutil.which(name)]
    if missing:
        raise NoCluster(f"no {missing[0]} here (Debian: apt-get install slurm-wlm munge)")
    if not find_spec("snakemake_executor_plugin_slurm"):
        raise NoCluster("the executor for Slurm is not installed (make setup CLUSTER=1)")
    if not CONFIGURED.parent.is_dir():
        raise NoCluster(f"this Slurm is not configured in {CONFIGURED.parent}")
    for path in (CONFIGURED, DEVICES):
        if path.exists() and not path.read_text("utf-8", "replace").startswith(MARK):
            raise NoCluster(f"this machine has a cluster of its own ({path})")


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


def _remove_leftovers() -> None:
    """What tests left behind that were killed."""
    if not CONFIGURED.exists():
        DEVICES.unlink(missing_ok=True)
        return
    folder = Path(CONFIGURED.read_text().splitlines()[0].removeprefix(MARK))
    with suppress(OSError, ValueError):
        for pid in json.loads((folder / "pids.json").read_text()):
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if process.name() in DAEMONS:
                    process.kill()
    for path in (CONFIGURED, DEVICES):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path) -> None:
    host = socket.gethostname().partition(".")[0]
    controller, node = _free_ports()
    folder.chmod(0o755)  # clients have to reach the socket
    for name in ("state", "spool", "munge", "profile"):
        (folder / name).mkdir(mode=0o755)
    key = folder / "key"
    key.touch(0o600)
    key.write_bytes(os.urandom(128))
    (folder / "profile" / "config.yaml").write_text(PROFILE)
    CONFIGURED.write_text(
        f"{MARK}{folder}\n"
        + SETTINGS.format(host=host, folder=folder, controller=controller, node=node, cores=CORES)
    )
    DEVICES.write_text(f"{MARK}{folder}\nNodeName={host} Name=gpu File=/dev/null\n")


PROFILE = """\
slurm-no-account: true
slurm-status-command: squeue
default-resources: {slurm_partition: main}
"""

SETTINGS = """\
ClusterName=reprise
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=64000 Gres=gpu:1
PartitionName=main Nodes=ALL Default=YES State=UP
"""


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


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _output(*command: str) -> str:
    """What a command of Slurm prints; nothing if it fails."""
    return subprocess.run(command, capture_output=True, text=True).stdout
