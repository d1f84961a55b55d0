"""What the workflow engine takes of a core while jobs wait for one: ours beside the command line.

``python -m benchmarks engine`` runs the same jobs twice, each a short sleep with inputs of its own,
all of them ready from the start. Processor time is that of the engine's process, without its jobs.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.scaling_project import ROOT
from reprise.plan.engine import LAUNCHER

MARKS = (50, 100, 200, 400)
"""Finished jobs at which the share is measured."""
WINDOW = 20
"""Jobs that finish during one measurement."""
ENGINES = {
    "ours": [str(ROOT / LAUNCHER)],
    "command line": ["-m", "snakemake"],
}
_WORKFLOW = """
JOBS = range({jobs})

rule all:
    input: expand("made/{{job}}", job=JOBS)

rule one:
    input: expand("given/{{{{job}}}}.{{part}}", part=range(8))
    output: "made/{{job}}"
    shell: "sleep {seconds} && touch {{output}}"
"""


def main() -> None:
    """Print the table."""
    print(render({name: shares(command) for name, command in ENGINES.items()}))


def render(found: dict[str, list[float]], marks: Sequence[int] = MARKS) -> str:
    """Markdown table: one line per engine, a column per number of finished jobs."""
    heads = ("engine", *(f"after {mark} jobs" for mark in marks))
    rows = [(name, *(f"{100 * share:.1f} %" for share in line)) for name, line in found.items()]
    lines = (heads, ("---", *["--:"] * len(marks)), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shares(
    command: list[str],
    marks: Sequence[int] = MARKS,
    window: int = WINDOW,
    seconds: float = 0.4,
    waiting: int = 100,
) -> list[float]:
    """Share of a core that the engine takes from every mark to ``window`` jobs later.

    ``waiting`` jobs are left when the last of them is measured.

    Raises:
        RuntimeError: the engine ended before.
    """
    jobs = marks[-1] + window + waiting
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:
        root = Path(folder)
        write_workflow(root, jobs, seconds)
        process = subprocess.Popen(
            [sys.executable, *command, "--cores", "2", "--scheduler", "greedy", "--nolock"],
            cwd=root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return [_share(process, root / "made", mark, window) for mark in marks]
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def write_workflow(root: Path, jobs: int, seconds: float) -> None:
    """A workflow of ``jobs`` sleeps in ``root``, each with eight inputs that are there."""
    (root / "Snakefile").write_text(_WORKFLOW.format(jobs=jobs, seconds=seconds))
    for folder in ("given", "made"):
        (root / folder).mkdir()
    for job in range(jobs):
        for part in range(8):
            (root / "given" / f"{job}.{part}").touch()


def _share(process: "subprocess.Popen[bytes]", made: Path, mark: int, window: int) -> float:
    _wait(process, made, mark)
    began, before = time.perf_counter(), _cpu_s(process)
    _wait(process, made, mark + window)
    return (_cpu_s(process) - before) / (time.perf_counter() - began)


def _wait(process: "subprocess.Popen[bytes]", made: Path, count: int) -> None:
    while len(list(made.iterdir())) < count:
        if process.poll() is not None:
            raise RuntimeError(f"the engine ended with {process.returncode}")
        time.sleep(0.05)


def _cpu_s(process: "subprocess.Popen[bytes]") -> float:
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system
