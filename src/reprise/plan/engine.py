"""Start the workflow engine on a plan, where its profile says, and watch what it makes."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil
import yaml

from reprise.graph.nodes import Node, fingerprint
from reprise.jobs.fork_server import VARIABLE, may_fork
from reprise.jobs.leases import side_by_side
from reprise.plan.cost import urgent
from reprise.plan.planning import SAVED, Plan
from reprise.project import Project
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.specs.errors import ConfigError, suggest
from reprise.storage.atomic import write_json
from reprise.surroundings import of_jobs
from reprise.training.devices import PER_JOB

PROFILES = "workflow/profiles"
LAUNCHER = "workflow/launch.py"
_PROFILE_FILES = ("profile*.yaml", "config*.yaml")
_EXECUTORS_INSIDE = ("local", "dryrun", "touch")
_WORTH_A_SERVER = 4
_LONGEST_FOLDER = 70
"""Characters: a socket's whole path has to have fewer than 104 on macOS, 108 on Linux."""


class Engine:
    """One running workflow."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log
        self.cpu_s = 0.0
        """Processor time of the engine itself, without its jobs, when it was last looked at."""

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        with contextlib.suppress(psutil.Error):
            used = psutil.Process(self.process.pid).cpu_times()
            self.cpu_s = max(used.user + used.system, self.cpu_s)
        return self.process.poll()

    def stop(self) -> None:
        """Ask every job to save its state and stop, and wait until they have."""
        if self.process.poll() is None:
            parent = psutil.Process(self.process.pid)
            for process in [parent, *parent.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGINT)
        self.process.wait()


@contextlib.contextmanager
def started(
    plan: Plan,
    targets: list[str],
    todo: list[Node],
    cores: int,
    profile: Path | None = None,
) -> Iterator[Engine]:
    """Run the workflow for ``targets`` (paths); its processes die with this one's group.

    ``profile`` says where the jobs go, and how many at a time, if not on ``cores`` cores here.
    """
    project = plan.project
    name = f"{fingerprint(dict(plan.chosen))[:16]}.json"
    chosen, saved = project.cache / "overlays" / name, project.cache / "plans" / name
    write_json(chosen, dict(plan.chosen))
    plan.save(saved)
    stamp = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}"
    log = project.cache / "logs" / f"run-{stamp}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    elsewhere = ["-m", "snakemake", "--workflow-profile", str(profile)]
    first = urgent(todo, {node.id: plan.cost(node) for node in todo}, cores)
    command = [
        sys.executable,
        *(elsewhere if profile else _here(project, cores)),
        "--configfile",
        str(chosen),
        *(["--prioritize", *(node.outputs[0] for node in first)] if first else []),
    ]
    here = [] if profile else todo
    environ = dict(os.environ) if profile else _shared()
    began = time.time()
    with log.open("wb") as output, _fork_server(project, here, output) as variables:
        process = subprocess.Popen(
            [*command, "--", *targets],
            cwd=project.root,
            env={**environ, **_caches(project), **variables, SAVED: str(saved)},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        engine = Engine(process, log)
        try:
            yield engine
        finally:
            engine.stop()
            spent = {"began": began, "ended": time.time(), "engine_cpu_s": engine.cpu_s}
            about = {"scale": plan.graph.config.scale, "slots": cores}
            with contextlib.suppress(OSError):  # a full disk, which the jobs have told of
                write_json(log.with_suffix(".json"), about | spent)


@contextlib.contextmanager
def _fork_server(project: Project, todo: list[Node], output: IO[bytes]) -> Iterator[dict[str, str]]:
    """A fork server for the jobs of ``todo``, where none is there and they are enough to gain."""
    if os.environ.get(VARIABLE) or len(todo) < _WORTH_A_SERVER or not may_fork():
        yield {}
        return
    short = None if len(tempfile.gettempdir()) <= _LONGEST_FOLDER else "/tmp"
    with tempfile.TemporaryDirectory(prefix="reprise-", dir=short) as folder:
        path = Path(folder) / "fork-server"
        kinds = sorted({node.kind for node in todo})
        process = subprocess.Popen(
            [sys.executable, "-m", "reprise.jobs.fork_server", str(path), *kinds],
            env={**of_jobs(_shared()), **_caches(project)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield {VARIABLE: str(path)}
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait()


def _here(project: Project, cores: int) -> list[str]:
    """No more trainings at one time than find a device: those whose rule says ``gpu: 1``."""
    limit = side_by_side(_shared())
    gpus = [] if limit is None else ["--resources", f"gpu={limit}"]
    return [str(project.path(LAUNCHER)), "--cores", str(cores), *gpus]


def _shared() -> dict[str, str]:
    """This environment; inside a job of Slurm one that says that its devices are shared.

    They are those of all the jobs that run here side by side.
    """
    share = {PER_JOB: "1"} if "SLURM_JOB_ID" in os.environ else {}
    return {**share, **os.environ}


def _caches(project: Project) -> dict[str, str]:
    """Where libraries keep what they keep: inside the project."""
    folder = project.cache / "libraries"
    return {"XDG_CACHE_HOME": str(folder), "MPLCONFIGDIR": str(folder / "matplotlib")}


def file_times(paths: Iterable[Path]) -> dict[Path, int]:
    """File -> mtime_ns, for those that exist."""
    return {path: path.stat().st_mtime_ns for path in paths if path.is_file()}


def new_record(plan: Plan, node: Node, before: Mapping[Path, int]) -> Record | None:
    """The record of ``node`` if made since ``before`` (``file_times`` at the start)."""
    path = plan.project.path(node.record)
    try:
        if path.stat().st_mtime_ns == before.get(path):
            return None
        record = read_record(path)
    except (OSError, UnreadableRecord):
        return None
    return record if record.fingerprint == node.fingerprint else None


def job_log(plan: Plan, node: Node, before: Mapping[Path, int]) -> str:
    """The end of the log of ``node``; empty where nothing was written since ``before``."""
    stem = node.id.replace("/", ".").replace(f".{node.kind}.", ".")
    folder = plan.project.cache / "logs" / node.kind
    name = node.paper if node.kind == "verdict" else stem or node.kind
    times = file_times([*folder.glob(f"{name}.log"), *folder.glob(f"{name}.*.log")])
    new = [path for path in times if times[path] != before.get(path)]
    return max(new, key=times.__getitem__).read_text(errors="replace")[-2000:] if new else ""


def find_profile(project: Project, wanted: str) -> Path:
    """The folder (or file) of the profile ``wanted``: a name in ``workflow/profiles``, or a path.

    ConfigError: there is none, it cannot be read, lacks its executor or keeps results elsewhere.
    """
    own = project.path(PROFILES)
    path = own / wanted if _profile_file(own / wanted) else Path(wanted).expanduser().absolute()
    file = _profile_file(path)
    if file is None:
        choices = [folder.name for folder in own.glob("*") if _profile_file(folder)]
        raise ConfigError(f"--profile: there is no profile {wanted!r}{suggest(wanted, choices)}")
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise ConfigError(f"{file}: must hold a mapping, found {type(settings).__name__}")
    if "default-storage-provider" in settings:
        raise ConfigError(
            f"--profile: {wanted!r} keeps results in a storage, which only Snakemake itself reads: "
            f"'snakemake --workflow-profile {path}' (docs/cloud.md)"
        )
    executor = str(settings.get("executor", "local"))
    module = f"snakemake_executor_plugin_{executor.replace('-', '_')}"
    if executor not in _EXECUTORS_INSIDE and not find_spec(module):
        raise ConfigError(
            f"{file}: executor: {executor!r} is not installed; 'make setup CLUSTER=1' installs "
            "those of the profiles here"
        )
    return path


def _profile_file(path: Path) -> Path | None:
    """The file with the settings of the profile at ``path``."""
    files = (file for pattern in _PROFILE_FILES for file in sorted(path.glob(pattern)))
    return path if path.is_file() else next(files, None)
