"""Whole trainings against plain NumPy loops in float64."""

import importlib
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np
import pytest
import reference_training as reference
from flax import nnx
from training_jobs import FRESH, MODULAR, PARITY, Nowhere, job

from reprise.specs.runs import JobSpec
from reprise.training.loop import train
from reprise.training.program import named, root


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def initial(made: JobSpec, seed: int) -> dict[str, np.ndarray]:
    """Parameters drawn by the model itself from the member's key."""
    model = importlib.import_module(made.run.model.module)
    module = model.build(
        made.run.model, made.run.task, named(root(seed), "init"), np.dtype(made.run.dtype)
    )
    state = nnx.to_pure_dict(nnx.state(module, nnx.Param))
    return {name: np.asarray(value) for name, value in state.items()}


def batches(made: JobSpec, seed: int) -> Iterator[Mapping[str, np.ndarray]]:
    """The training data of every update."""
    task = importlib.import_module(made.run.task.module)
    fixed = task.splits(made.run.task, seed).get("train")
    if fixed is not None:
        yield from itertools.repeat(fixed)
    for step in itertools.count():
        key = jax.random.fold_in(named(root(seed), "data"), step)
        yield {k: np.asarray(v) for k, v in task.sample(made.run.task, key).items()}


CASES = {
    "parity, fixed data": (PARITY, reference.parity, [3, 5], "vmap"),
    "parity, fresh data": (FRESH, reference.parity, [3], "map"),
    "modular addition": (MODULAR, reference.modular, [0, 7], "map"),
}


@pytest.mark.parametrize("case", CASES)
def test_every_logged_loss_and_the_final_weights_agree(case: str) -> None:
    spec, gradient, seeds, batching = CASES[case]
    made = job(spec, dtype="float64", batching=batching, members={"seed": seeds})
    trained = train(made, Nowhere())
    run = made.run
    optimizer: dict[str, Any] = run.optimizer.model_dump()
    for member, seed in enumerate(seeds):
        losses, states = reference.train(
            gradient, initial(made, seed), batches(made, seed), run.steps, optimizer
        )
        logged = np.arange(0, run.steps + 1, run.log_every)
        np.testing.assert_array_equal(trained.log_steps, logged)
        np.testing.assert_allclose(
            trained.traces["train_loss"][member], np.array(losses)[logged], rtol=1e-9
        )
        norms = [np.sqrt(sum((p**2).sum() for p in state.values())) for state in states]
        np.testing.assert_allclose(
            trained.traces["param_l2"][member], np.array(norms)[logged], rtol=1e-9
        )
        assert trained.params.keys() == states[-1].keys()
        for name, value in states[-1].items():
            np.testing.assert_allclose(trained.params[name][member], value, rtol=1e-7, atol=1e-10)
    assert (trained.failed_at_step == -1).all()


def test_metrics_are_taken_after_the_update_that_they_are_logged_at() -> None:
    """The published convention: train loss before the update, the rest after it."""
    made = job(MODULAR, steps=3, log_every=1, members={"seed": [1]})
    trained = train(made, Nowhere())
    data = importlib.import_module("papers.pearce2023.tasks.modular_addition").splits(
        made.run.task, 1
    )
    losses, states = reference.train(
        reference.modular, initial(made, 1), batches(made, 1), 3, made.run.optimizer.model_dump()
    )
    after = [reference.modular(state, data["test"])[0] for state in states]
    np.testing.assert_allclose(trained.traces["train_loss"][0], losses, rtol=1e-10)
    np.testing.assert_allclose(trained.traces["test_loss"][0], after, rtol=1e-10)


def test_members_differ_by_their_hyper_parameters_alone() -> None:
    """Members of one seed share data and initial weights; each follows its own optimiser."""
    grid = {"seed": [2], "optimizer.learning_rate": [0.001, 0.05], "optimizer.l1": [0.0, 0.01]}
    made = job(PARITY, dtype="float64", steps=20, members=grid)
    trained = train(made, Nowhere())
    for member, choice in enumerate(made.members):
        optimizer = made.run.optimizer.model_dump() | {
            axis.removeprefix("optimizer."): value
            for axis, value in choice.items()
            if axis != "seed"
        }
        losses, _ = reference.train(
            reference.parity, initial(made, 2), batches(made, 2), 20, optimizer
        )
        np.testing.assert_allclose(trained.traces["train_loss"][member], losses[::2], rtol=1e-9)
