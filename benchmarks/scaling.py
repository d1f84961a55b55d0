"""How time and memory grow with steps, members, sequence length and the size of the graph.

``python -m benchmarks scaling`` measures every point in a process of its own, on one thread, and
writes ``benchmarks/results/scaling.json``, the tables of ``docs/performance.md`` and its plots.
Time is processor time, so that a machine with other work on it changes little but the caches.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from benchmarks import scaling_nodes
from benchmarks.scaling_project import ROOT
from reprise.machine import cores
from reprise.records.environment import commit, environment
from reprise.storage.atomic import write_json

RESULTS = ROOT / "benchmarks" / "results" / "scaling.json"
LENGTHS = ("linear", "mesa", "mesa_autodiff", "softmax")
"""Layers whose sequences grow."""
_TOKENS = (16, 64, 256, 1024)
FULL: dict[str, Sequence[int]] = {
    "steps": (250, 1000, 4000, 16000),
    "members": (1, 4, 16, 64, 256),
    **dict.fromkeys(LENGTHS, _TOKENS),
    "nodes": (100, 1000, 10000),
}
QUICK: dict[str, Sequence[int]] = {"steps": (20,), "members": (2,), "mesa": (4,), "nodes": (10,)}
"""Sizes that show nothing but that everything works."""


def main(*arguments: str) -> None:
    """Measure, write and publish; ``page`` publishes the last measurement again."""
    from benchmarks.scaling_page import publish

    if arguments != ("page",):
        write_json(RESULTS, measure(FULL))
    publish(json.loads(RESULTS.read_text(encoding="utf-8")), ROOT)


def measure(sizes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Sweep -> its points, each with ``x`` (its size), and what they were measured on and when."""
    found: dict[str, Any] = {"schema": 1, "machine": _machine(), "sweeps": {}}
    for sweep, values in sizes.items():
        for x in values:
            for name, point in _points(sweep, x).items():
                found["sweeps"].setdefault(name, []).append(point)
                print(name, json.dumps(point), file=sys.stderr)
    return found


def _points(sweep: str, x: int) -> dict[str, dict[str, float]]:
    if sweep == "nodes":
        return scaling_nodes.measure(x)
    command = [sys.executable, "-m", "benchmarks.scaling_point", sweep, str(x)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    point: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {sweep: point}


def _machine() -> dict[str, Any]:
    around = environment(ROOT, "run")
    return {
        "cpu": around["cpu"],
        "cores": cores(),
        "load": round(os.getloadavg()[0], 1),
        "python": around["python"],
        "jax": around["versions"]["jax"],
        "snakemake": metadata.version("snakemake"),
        "commit": commit(ROOT),
        "date": datetime.now(UTC).date().isoformat(),
    }
