"""The sweep over graphs: what the commands cost on synthetic projects of growing size."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.scaling_project import ROOT, write_project

TOOLS = Path(sys.executable).parent
COMMANDS = {
    "plan": ["reprise", "plan"],
    "no-op run": ["reprise", "run"],
    "verify": ["reprise", "verify"],
    "snakemake -n": ["snakemake", "-n", "--cores", "1"],
}
"""All of them on a project whose every node is current."""
NOTHING_TO_DO = ("Nothing to make", "Nothing to be done", "verified")


def measure(nodes: int) -> dict[str, dict[str, float]]:
    """Command -> point of it at a graph of about ``nodes`` nodes; raises RuntimeError if one fails.

    ``seconds`` and ``peak_bytes`` are of all processes of the command; ``wall_s`` is by the clock.
    """
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        root = Path(folder)
        write_project(root, nodes)
        environment = {
            **os.environ,
            "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{root / 'src'}{os.pathsep}{ROOT}",
            "COLUMNS": "120",
        }
        python = [sys.executable, "-m"]
        filled = _run([*python, "benchmarks.scaling_fill", folder], root, environment)
        found = {"make a table": {"x": filled["nodes"], "seconds": filled["make_s"]}}
        for name, command in COMMANDS.items():
            cost = _run([*python, "benchmarks.usage", *command], root, environment, NOTHING_TO_DO)
            found[name] = {"x": filled["nodes"], **cost}
    return found


def _run(
    command: list[str], root: Path, environment: Mapping[str, str], words: tuple[str, ...] = ("",)
) -> dict[str, float]:
    """The JSON that ends what ``command`` says, which has to succeed and say one of ``words``."""
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode or not any(word in done.stdout for word in words):
        said = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}: {said}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
