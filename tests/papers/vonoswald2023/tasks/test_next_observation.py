"""Loss and metrics of predictions along a sequence, against sums written out."""

import jax.numpy as jnp
import numpy as np
import pytest

from papers.vonoswald2023.spec import LinearDynamics
from papers.vonoswald2023.tasks import next_observation as task

SPEC = LinearDynamics(name="linear_dynamics", dims=2, length=5, batch_size=3)
RNG = np.random.default_rng(0)
Y, OUTPUTS = RNG.normal(size=(3, 5, 2)), RNG.normal(size=(3, 5, 8))


def by_hand(t: int) -> float:
    return sum(((OUTPUTS[n, t, :2] - Y[n, t]) ** 2).sum() for n in range(3)) / (2 * 3)


def test_the_first_numbers_of_an_output_are_the_prediction():
    np.testing.assert_array_equal(task.predictions(SPEC, OUTPUTS), OUTPUTS[..., :2])


def test_the_loss_sums_over_numbers_and_averages_over_sequences_and_time():
    expected = sum(by_hand(t) for t in range(5)) / 5
    assert float(task.loss(SPEC, jnp.asarray(OUTPUTS), {"y": jnp.asarray(Y)})) == pytest.approx(
        expected, rel=1e-5
    )


def test_metrics_are_losses_at_single_times():
    found = task.metrics(SPEC, jnp.asarray(OUTPUTS), {"y": Y})
    assert set(found) == {"loss", "error_t2", "error_t4", "error_t5"}
    for t in (2, 4, 5):
        assert float(found[f"error_t{t}"]) == pytest.approx(by_hand(t - 1), rel=1e-5)


def test_times_of_short_sequences_come_once():
    short = SPEC.model_copy(update={"length": 2})
    assert task.moments(short) == (2,)
