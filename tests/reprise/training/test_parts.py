"""Batches whose gradients are added up part by part: the same training but for rounding."""

import jax
import numpy as np
import pytest

from papers.yadlowsky2023.spec import CausalTransformer
from reprise.specs.runs import RunSpec, jobs, run_spec
from reprise.training.program import Program

BATCH, STEPS = 24, 5


def lines(batching: str) -> RunSpec:
    """A small causal transformer, in float64."""
    return run_spec("yadlowsky2023").model_validate(
        {
            "task": {
                "name": "function_mixture",
                "dims": 1,
                "pairs": 3,
                "batch_size": BATCH,
                "test_size": 4,
                "classes": {"line": {"kind": "line"}},
                "weights": {"line": 1.0},
            },
            "model": {"name": "causal_transformer", "layers": 1, "heads": 2, "width": 4},
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


@pytest.mark.parametrize("batching", ["map", "vmap"])
def test_the_mean_over_parts_is_the_gradient_of_the_batch(
    monkeypatch: pytest.MonkeyPatch, batching: str
) -> None:
    found = {}
    for size in (None, 10, 8):
        monkeypatch.setattr(CausalTransformer, "at_once", size)
        found[size] = losses(lines(batching))
    np.testing.assert_allclose(found[8], found[None], rtol=1e-12)
    assert (found[8] != found[None]).any(), "it was not divided"
    assert (found[10] == found[None]).all(), "10 do not divide 24: taken whole"
