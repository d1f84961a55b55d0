"""A process of its own with four devices; JAX has to be told of them before it starts.

Trains small jobs on one and on several of them and prints, as JSON, what differs and where the
state was.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workspace import UNOPTIMISED

os.environ["XLA_FLAGS"] = (
    "--xla_force_host_platform_device_count=4 --xla_cpu_multi_thread_eigen=false " + UNOPTIMISED
)

import jax
import numpy as np
from training_jobs import FRESH, MODULAR, PARITY, Nowhere, arrays, job

from reprise.specs.runs import JobSpec
from reprise.training.loop import StateStore, Stopped, Trained, train
from reprise.training.placement import place
from reprise.training.program import Program
from reprise.training.resume import ResumeStore

EIGHT = {"members": {"seed": list(range(8))}}
SPECS = {
    "float64": {
        **MODULAR,
        "batching": "vmap",
        **EIGHT,
        "snapshots": {"every": 15, "views": ["params"]},
    },
    "fresh": {**FRESH, "steps": 20, "batching": "vmap", **EIGHT},
    "six": {**PARITY, "steps": 20, "batching": "vmap", "members": {"seed": list(range(6))}},
    "mapped": {**PARITY, "steps": 20, **EIGHT},
}
seen: dict[str, Any] = {}


def watch() -> None:
    """Keep where the state of every update lay, and whether its buffers were given up."""
    advance = Program.advance

    def watched(self: Program, state: Any, *rest: Any) -> Any:
        new, traces = advance(self, state, *rest)
        leaves = jax.tree.leaves(new)
        seen["devices"] = sorted({len(leaf.sharding.device_set) for leaf in leaves})
        seen["shards"] = sorted(
            {s.data.shape[0] for leaf in leaves for s in leaf.addressable_shards}
        )
        seen["donated"] = all(leaf.is_deleted() for leaf in jax.tree.leaves(state))
        return new, traces

    Program.advance = watched  # type: ignore[method-assign]


def on(made: JobSpec, devices: int | None, store: StateStore, reports: int = 10**9) -> Trained:
    """Train on so many devices; raises Stopped after so many reports."""
    counted: list[Any] = []
    stop: Callable[[], bool] = lambda: len(counted) >= reports  # noqa: E731
    return train(made, place(made, devices).store(made, store), counted.append, stop)


def differences(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> dict[str, Any]:
    """Largest difference of two outcomes, relative to the largest value of each array."""
    worst = 0.0
    for name, a in one.items():
        assert other[name].dtype == a.dtype and other[name].shape == a.shape
        if a.size:
            worst = max(worst, float(np.abs(other[name] - a).max() / max(np.abs(a).max(), 1)))
    return {
        "worst": worst,
        "same_bits": all(a.tobytes() == other[n].tobytes() for n, a in one.items()),
    }


def main(folder: Path) -> dict[str, Any]:
    jax.config.update("jax_compilation_cache_dir", str(folder / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    watch()
    found: dict[str, Any] = {}
    for name, spec in SPECS.items():
        with jax.enable_x64(name == "float64"):
            made = job(spec)
            alone = arrays(on(made, 1, Nowhere()))
            found[name] = {"alone": dict(seen)}
            several = arrays(on(made, None, Nowhere()))
            found[name] |= {"seen": dict(seen), **place(made, None).recorded}
            found[name] |= differences(alone, several)
            if name == "float64":
                found["resumed"] = [
                    resumed(folder, made, alone, way) for way in ((4, 1), (1, 4), (4, 2))
                ]
    return found


def resumed(
    folder: Path, made: JobSpec, alone: dict[str, np.ndarray], way: tuple[int, int]
) -> dict[str, Any]:
    """Stop on some devices, go on with others."""
    store = ResumeStore(folder / f"{way}", "f" * 64)
    try:
        on(made, way[0], store, reports=3)
    except Stopped:
        whole = on(made, way[1], store)
        return {
            "from": whole.resumed_from_step,
            "seen": dict(seen),
            **differences(alone, arrays(whole)),
        }
    raise AssertionError("it ended before it was stopped")


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1])), sys.stdout)
