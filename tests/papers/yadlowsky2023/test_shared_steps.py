"""Networks that differ in the weights of their mixture alone are trained by one program."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from untrained_paper import PAPER

from reprise.specs.runs import jobs
from reprise.training.chunks import ROWS
from reprise.training.program import Program, State, padding


@pytest.fixture(scope="module")
def programs():
    return [Program(job) for name in ("mixtures", "rare") for job in jobs(PAPER.runs[name])]


def test_the_compiled_step_holds_no_weight(programs):
    def lowered(program):
        given = program.shapes(), program.members, program.data, padding(ROWS), -1
        return program._compiled_advance.lower(*given).as_text()

    assert lowered(programs[0]) == lowered(programs[-1])


def test_every_member_gets_the_weights_of_its_task(programs):
    for program in programs:
        (weights,) = (one["weights"] for one in program.members["tasks"])
        dense, sparse = program.spec.task.shares
        np.testing.assert_array_equal(weights["dense"], np.float32([dense]))
        np.testing.assert_array_equal(weights["sparse"], np.float32([sparse]))


def test_a_step_draws_from_the_task_of_its_share_of_the_training(programs):
    program = programs[0]
    member = jax.tree.map(lambda x: x[0], program.members)
    task = program.spec.task.model_copy(update={**member["tasks"][0], "batch_size": 400})
    last = int(program.spec.task.opening.until * program.spec.steps) - 1
    shares = []
    for step in (last, last + 1):
        batch = program._batch(State(None, None, jnp.asarray(step)), member, {}, task)
        shares.append(float(np.mean(batch["class"])))
    assert shares == [1.0, pytest.approx(0.5, abs=0.1)]


def test_batches_are_drawn_and_judged_by_the_weights_given(programs):
    program = programs[0]
    task = program.spec.task.model_copy(update={"batch_size": 2000})
    assert task.shares == (0.5, 0.5)

    @jax.jit
    def drawn(weights, key):
        given = task.model_copy(update={"weights": weights})
        found = program._task.sample(given, key)
        outputs = 0 * found["y"]
        return found["class"], program._task.metrics(given, outputs, found)

    weights = {"dense": np.float32(0.75), "sparse": np.float32(0.25)}
    classes, metrics = drawn(weights, jax.random.key(0))
    assert np.mean(classes == 0) == pytest.approx(0.75, abs=0.03)
    expected = 0.75 * metrics["loss_dense"] + 0.25 * metrics["loss_sparse"]
    np.testing.assert_allclose(metrics["loss"], expected, rtol=1e-5)
