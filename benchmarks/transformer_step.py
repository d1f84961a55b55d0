"""One training step of the causal transformer against the published loop, side by side.

``python -m benchmarks transformer [PYTHON]``: PYTHON is an interpreter that has PyTorch;
without it, PyTorch's CPU build is installed into an environment that is thrown away. Every round
measures all sides in turn, each in a process of its own, and the fastest round of each counts, so
that a busy machine slows all of them. Ours is one single-threaded job, one job with all cores, and,
as the pipeline runs, a single-threaded job per core (their steps per second are added).
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.torch_python import with_torch
from reprise.machine import cores

CORES = cores()
ROUNDS = 3
LOOP = Path(__file__).with_name("torch_loop.py")

SIZES: dict[str, dict[str, Any]] = {
    "3 layers x 64, d 20, 20 pairs": {"layers": 3, "heads": 2, "dims": 20, "pairs": 20},
    "4 layers x 64, d 20, 40 pairs": {"layers": 4, "heads": 4, "dims": 20, "pairs": 40},
    "4 layers x 64, d 8, 17 pairs": {"layers": 4, "heads": 4, "dims": 8, "pairs": 17},
}
STEPS = 8


def main(python: str | None = None) -> None:
    """Print milliseconds a step, and ours (all cores) as a multiple of each peer's speed."""
    with tempfile.TemporaryDirectory() as folder:
        peer = python or with_torch(Path(folder))
        if isinstance(peer, Exception):
            Console().print(f"skipped: PyTorch could not be installed ({peer})")
            return
        table = Table(title=f"Milliseconds a step on {CORES} cores, batch 64, float32", box=None)
        sides = (
            "GPT-2 as published",
            "PyTorch, fused",
            "ours, 1 thread",
            "ours, all",
            "ours, jobs",
        )
        for name in ("transformer", *sides, "vs published", "vs fused"):
            table.add_column(name, justify="left" if name == "transformer" else "right")
        for name, size in SIZES.items():
            row = _row(peer, {"width": 64, "batch": 64, **size})
            best = min(row[3:])
            ratios = [f"{row[0] / best:.2f} x", f"{row[1] / best:.2f} x"]
            table.add_row(name, *(f"{1e3 * seconds:.1f}" for seconds in row), *ratios)
        Console(width=140).print(table)


def _row(python: str, size: dict[str, Any]) -> list[float]:
    """Seconds a step of every side, the fastest of the rounds."""
    found = []
    for _ in range(ROUNDS):
        torch = [
            _run([python, str(LOOP), json.dumps({**size, "threads": CORES, "fused": fused})])
            for fused in (False, True)
        ]
        ours = [_run(_ours(size, threads)) for threads in (1, CORES)]
        jobs = [_start(_ours(size, 1)) for _ in range(CORES)]
        rate = sum(1 / _result(job) for job in jobs)
        found.append([*torch, *ours, 1 / rate])
        print(size, [f"{1e3 * seconds:.1f} ms" for seconds in found[-1]], file=sys.stderr)
    return [min(side) for side in zip(*found, strict=True)]


def _ours(size: dict[str, Any], threads: int) -> list[str]:
    argument = json.dumps({**size, "threads": threads})
    return [sys.executable, "-m", "benchmarks.transformer_step", "--ours", argument]


def _run(command: list[str]) -> float:
    return _result(_start(command))


def _start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _result(process: subprocess.Popen[str]) -> float:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, process.args))} failed")  # type: ignore[arg-type]
    return float(output.splitlines()[-1])


def _measure_ours(size: dict[str, Any]) -> float:
    """Seconds of a step of ours: the engine's own loop, task, model and Adam."""
    from reprise.training.devices import configure

    cache = Path(tempfile.mkdtemp())
    configure(cache, "float32", size["threads"])
    try:
        return _time_program(size)
    finally:
        shutil.rmtree(cache)


def _time_program(size: dict[str, Any]) -> float:
    import time

    import jax
    import numpy as np

    from reprise.specs.runs import jobs, run_spec
    from reprise.training.program import Program

    run = {
        "task": {
            "name": "function_mixture",
            "classes": {"dense": {"kind": "dense"}},
            "weights": {"dense": 1.0},
            "batch_size": size["batch"],
            "test_size": 1,
            "dims": size["dims"],
            "pairs": size["pairs"],
        },
        "model": {"name": "causal_transformer"}
        | {name: size[name] for name in ("layers", "heads", "width")},
        "optimizer": {"name": "adamw", "learning_rate": 1e-4},
        "steps": STEPS,
        "log_every": STEPS,
    }
    program = Program(jobs(run_spec("yadlowsky2023").model_validate_json(json.dumps(run)))[0])
    state, updates, best = program.init(), np.array([STEPS], np.int32), float("inf")
    for repeat in range(6):
        began = time.perf_counter()
        state, _ = jax.block_until_ready(program.advance(state, updates))
        if repeat:
            best = min(best, (time.perf_counter() - began) / STEPS)
    return best


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        print(_measure_ours(json.loads(sys.argv[2])))
    else:
        main(*sys.argv[1:2])
