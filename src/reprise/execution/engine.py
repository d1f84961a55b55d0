"""Start the workflow engine on a plan, and watch what it makes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from reprise.execution.planning import Plan
from reprise.graph.nodes import Node
from reprise.provenance.fingerprint import fingerprint
from reprise.provenance.record import UnreadableRecord, read_record
from reprise.storage.atomic import write_json


class Engine:
    """One running workflow."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        return self.process.poll()

    def stop(self) -> int:
        """Ask every job to save its state and stop; returns the exit code when they have."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait()


@contextmanager
def started(
    plan: Plan, overlay: Mapping[str, Any], targets: list[str], cores: int
) -> Iterator[Engine]:
    """Run the workflow for ``targets`` (paths) in a process group of its own."""
    project = plan.project
    chosen = project.cache / "overlays" / f"{fingerprint(dict(overlay))[:16]}.json"
    write_json(chosen, dict(overlay))
    log = project.cache / "logs" / f"run-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--configfile", str(chosen)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--", *targets],
            cwd=project.root,
            env=_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    engine = Engine(process, log)
    try:
        yield engine
    finally:
        engine.stop()


def _environment() -> dict[str, str]:
    here = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}"}


def finished(plan: Plan, node: Node, before: Mapping[str, int]) -> bool:
    """Whether ``node`` has been made since ``before`` (record -> mtime_ns at the start)."""
    path = plan.project.path(node.record)
    try:
        if path.stat().st_mtime_ns == before.get(node.record):
            return False
        return read_record(path).fingerprint == node.fingerprint
    except (OSError, UnreadableRecord):
        return False


def record_times(plan: Plan, nodes: list[Node]) -> dict[str, int]:
    """Record -> mtime_ns, for the records that exist."""
    times = {}
    for node in nodes:
        path = plan.project.path(node.record)
        if path.is_file():
            times[node.record] = path.stat().st_mtime_ns
    return times


def job_log(plan: Plan, node: Node) -> str:
    """The end of the log of ``node``'s last attempt."""
    stem = node.id.replace("/", ".").replace(f".{node.kind}.", ".")
    folder = plan.project.cache / "logs" / node.kind
    name = node.paper if node.kind == "verdict" else stem or node.kind
    logs = sorted(folder.glob(f"{name}*.log"), key=lambda path: path.stat().st_mtime)
    return logs[-1].read_text(errors="replace")[-2000:] if logs else ""


