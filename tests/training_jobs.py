"""Small training jobs, and where tests keep their resume states."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from reprise.specs.errors import validate
from reprise.specs.runs import JobSpec, RunSpec, jobs, run_spec
from reprise.training.loop import Trained

PARITY: dict[str, Any] = {
    "task": {"name": "parity", "digits": 6, "relevant": 2, "train_size": 24, "test_size": 32},
    "model": {"name": "parity_mlp", "hidden": 8},
    "optimizer": {"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.1, "l1": 1e-3},
    "steps": 120,
    "log_every": 2,
    "members": {"seed": [3, 4, 5]},
}

FRESH = {
    **PARITY,
    "task": {
        "name": "parity",
        "digits": 6,
        "relevant": 2,
        "train_size": None,
        "batch_size": 16,
        "test_size": 32,
    },
}

TRANSFORMER: dict[str, Any] = {
    "task": {
        "name": "function_mixture",
        "dims": 3,
        "pairs": 4,
        "batch_size": 8,
        "test_size": 8,
        "classes": {"dense": {"kind": "dense"}, "sparse": {"kind": "sparse", "nonzeros": 2}},
        "weights": {"dense": 0.5, "sparse": 0.5},
    },
    "model": {"name": "causal_transformer", "layers": 1, "heads": 2, "width": 4},
    "optimizer": {
        "name": "adamw",
        "learning_rate": 0.02,
        "clip_norm": 1.0,
        "schedule": {"kind": "cosine", "warmup_steps": 10},
    },
    "steps": 120,
    "log_every": 20,
    "members": {"seed": [3]},
}
"""Data drawn at every step, a learning rate with a schedule."""

MODULAR: dict[str, Any] = {
    "task": {"name": "modular_addition", "modulus": 5, "train_fraction": 0.6},
    "model": {"name": "modular_mlp", "embed": 4, "hidden": 7},
    "optimizer": {"name": "adamw", "learning_rate": 0.02, "weight_decay": 0.3, "b2": 0.98},
    "steps": 60,
    "log_every": 3,
    "dtype": "float64",
}


def run(spec: Mapping[str, Any], **fields: Any) -> RunSpec:
    """``spec`` with some fields replaced, as a run of the paper that its task is of."""
    paper = "yadlowsky2023" if spec["task"]["name"] == "function_mixture" else "pearce2023"
    return validate(run_spec(paper), {**spec, **fields}, "paper.yaml")


def job(spec: Mapping[str, Any], **fields: Any) -> JobSpec:
    """The only job of ``spec`` with some fields replaced."""
    (found,) = jobs(run(spec, **fields))
    return found


class Nowhere:
    """Keeps no resume state."""

    def save(
        self, position: int, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]
    ) -> None:
        """Forget it."""

    def newest(self) -> None:
        """Nothing was kept."""


def arrays(trained: Trained, member: int | slice = slice(None)) -> dict[str, np.ndarray]:
    """Everything that ``trained`` holds of its members, by name."""
    groups = {"params": trained.params, "traces": trained.traces, "views": trained.views}
    found = {
        f"{kind}/{name}": a[member] for kind, group in groups.items() for name, a in group.items()
    }
    return {**found, "failed": trained.failed_at_step[member]}


def assert_same_bits(a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray]) -> None:
    """Equal names, types, shapes and bytes; NaNs of one bit pattern are equal."""
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype, name
        assert a[name].shape == b[name].shape, name
        assert a[name].tobytes() == b[name].tobytes(), name
