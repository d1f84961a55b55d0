"""Our training against the published loop: member-steps per second, same machine, same run.

Each measurement is a process of its own. The published loop trains one network with all cores at
its disposal; ours runs one single-threaded job per core, as the pipeline does.
"""

import importlib
import json
import subprocess
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from reprise.machine import cores

CORES = cores()


def _ours(
    task: dict[str, Any], model: dict[str, Any], optimizer: dict[str, Any], dtype: str
) -> dict[str, Any]:
    return {
        "task": task,
        "model": model,
        "optimizer": optimizer,
        "steps": 2000,
        "log_every": 100,
        "dtype": dtype,
        "members": {"seed": [0, 1]},
    }


def _modular(dtype: str) -> dict[str, Any]:
    return _ours(
        {"name": "modular_addition", "modulus": 67, "train_fraction": 0.4},
        {"name": "modular_mlp", "embed": 500, "hidden": 24},
        {"name": "adamw", "learning_rate": 0.001, "b2": 0.98, "weight_decay": 1.0},
        dtype,
    )


def _parity(hidden: int) -> dict[str, Any]:
    return _ours(
        {"name": "parity", "train_size": 1250},
        {"name": "parity_mlp", "hidden": hidden},
        {"name": "adamw", "learning_rate": 0.003, "b1": 0.99, "b2": 0.98, "weight_decay": 0.1},
        "float32",
    )


WORKLOADS: list[tuple[str, str, dict[str, Any]]] = [
    ("main network, published float64, ours float64", "modular float64", _modular("float64")),
    ("main network, published float64, ours float32", "modular float64", _modular("float32")),
    ("main network, both float32", "modular float32", _modular("float32")),
    *((f"parity sweep, hidden {h}", f"parity {h}", _parity(h)) for h in (16, 32, 64)),
]


OTHERS = {
    "disturbances": "disturbances",
    "engine": "engine",
    "mesa": "mesa_step",
    "scaling": "scaling",
    "time": "time_spent",
    "transformer": "transformer_step",
}
"""Name of a benchmark -> its module, whose ``main`` takes what follows the name."""


def main() -> None:
    """Run the benchmark that is named, or print the table of all trainings.

    The table's ratio is ours over the published loop, both with all cores.
    """
    name, *arguments = sys.argv[1:] or [""]
    if name in OTHERS:
        importlib.import_module(f"benchmarks.{OTHERS[name]}").main(*arguments)
    elif name:
        sys.exit(f"no benchmark {name!r}: choose from {', '.join(OTHERS)}")
    else:
        trainings()


def trainings() -> None:
    """Print the table of trainings."""
    console = Console()
    table = Table(title=f"Member-steps per second on {CORES} cores", title_justify="left", box=None)
    for name in ("workload", "published loop", "ours", "ratio"):
        table.add_column(name, justify="left" if name == "workload" else "right")
    for name, peer, spec in WORKLOADS:
        published = _measure("peer", peer)[0]
        ours = sum(_measure("ours", json.dumps(spec), copies=CORES))
        table.add_row(name, f"{published:,.0f}", f"{ours:,.0f}", f"{ours / published:.1f} x")
    console.print(table)


def _measure(side: str, argument: str, copies: int = 1) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.measure", side, argument]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(copies)
    ]
    rates = []
    for process in processes:
        output, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed")
        rates.append(float(output.splitlines()[-1]))
    return rates


if __name__ == "__main__":
    main()
