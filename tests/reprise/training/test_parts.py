"""Batches whose gradients are added up part by part: the same training but for rounding."""

from typing import Any

import jax
import numpy as np
import pytest

from reprise.specs.runs import RunSpec, jobs, run_spec
from reprise.training.program import Program

BATCH, STEPS = 24, 5


TASKS: dict[str, dict[str, Any]] = {
    "causal_transformer": {"name": "function_mixture", "dims": 1, "pairs": 3},
    # Its inputs are a mapping of four arrays.
    "pfn_encoder": {"name": "pfn_regression", "points": 3, "queries": 2, "output": "mean"},
}


def lines(model: str, batching: str) -> RunSpec:
    """A small transformer, in float64."""
    return run_spec("yadlowsky2023").model_validate(
        {
            "task": {
                "batch_size": BATCH,
                "test_size": 4,
                "classes": {"line": {"kind": "line"}},
                "weights": {"line": 1.0},
                **TASKS[model],
            },
            "model": {"name": model, "layers": 1, "heads": 2, "width": 4},
            "optimizer": {"name": "adamw", "learning_rate": 0.01},
            "steps": STEPS,
            "log_every": 1,
            "dtype": "float64",
            "batching": batching,
            "members": {"seed": [0, 1]},
        }
    )


def losses(run: RunSpec) -> np.ndarray:
    """In training and on test data, after every update [2, member, update].

    Not the weights: Adam makes as much of a rounding error as of a gradient where that is zero.
    """
    with jax.enable_x64(True):
        program = Program(jobs(run)[0])
        _, traces = program.advance(program.init(), np.ones(STEPS, np.int32))
        return np.stack([traces["train_loss"], traces["test_loss"]])


@pytest.mark.parametrize(
    ("model", "batching"),
    [("causal_transformer", "map"), ("causal_transformer", "vmap"), ("pfn_encoder", "map")],
)
def test_the_mean_over_parts_is_the_gradient_of_the_batch(
    monkeypatch: pytest.MonkeyPatch, model: str, batching: str
) -> None:
    run, found = lines(model, batching), {}
    for size in (None, 10, 8):
        monkeypatch.setattr(type(run.model), "at_once", size)
        found[size] = losses(run)
    np.testing.assert_allclose(found[8], found[None], rtol=1e-12)
    assert (found[8] != found[None]).any(), "it was not divided"
    assert (found[10] == found[None]).all(), "10 do not divide 24: taken whole"
