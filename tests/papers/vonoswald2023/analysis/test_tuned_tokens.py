"""Tuned tokens: on networks simple enough to know which tokens are best."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from papers.vonoswald2023.analysis import tuned_tokens
from papers.vonoswald2023.analysis.tuned_tokens import Tuning, tuned_prefix, tuned_separator
from papers.vonoswald2023.spec import FewShotRegression
from papers.vonoswald2023.tasks import few_shot_regression as task

DIMS = 3
KEY = jax.random.key(0)


def stream(**fields):
    return FewShotRegression(
        name="few_shot_regression", dims=DIMS, pairs=4, batch_size=64, **fields
    )


class Shifted(nnx.Module):
    """The network that says the token before, and ``shift`` more."""

    def __init__(self, shift):
        self.shift = nnx.Param(jnp.asarray(shift, jnp.float32))

    def __call__(self, x):
        return jnp.pad(x, ((0, 0), (1, 0), (0, 0)))[:, :-1] + self.shift[...]


SHIFT = np.array([0.5, -1.0, 0.0], np.float32)


@pytest.mark.parametrize("prefix", [0, 3])
def test_the_separator_goes_where_the_loss_is_least(prefix):
    # Behind the first pair, predictions are separator + shift: best is the mean of y, which is 0.
    spec = stream(eos=True, prefix=prefix)
    eos, losses = tuned_separator(Shifted(SHIFT), spec, Tuning(600, 0.02), KEY)
    np.testing.assert_allclose(eos[0], -SHIFT, atol=0.05)
    # E |W x|^2 / 2 = DIMS / 6; the first pair has no separator before it, and errs by the shift.
    expected = DIMS / 6 + 0.25 * 0.5 * float(SHIFT @ SHIFT)
    assert float(losses[-100:].mean()) == pytest.approx(expected, rel=0.03)
    assert float(losses[0]) > 1.2 * expected


def test_the_prefix_is_tuned_and_the_separator_stays():
    # Only the first pair's prediction is a prefix token: the last one, and no other has a gradient.
    spec = stream(eos=True, prefix=3)
    start = jax.random.normal(jax.random.fold_in(KEY, 0), (3, DIMS))
    prefix, losses = tuned_prefix(Shifted(SHIFT), spec, -SHIFT, Tuning(800, 0.02), KEY)
    np.testing.assert_allclose(prefix[-1], -SHIFT, atol=0.07)
    np.testing.assert_allclose(prefix[:-1], start[:-1])
    assert float(losses[-100:].mean()) == pytest.approx(DIMS / 6, rel=0.03)


def test_losses_are_those_of_the_task():
    spec = stream(eos=True, prefix=2)
    eos, prefix = jnp.arange(1.0, 1 + DIMS), jnp.ones((2, DIMS))
    batch = jax.jit(task.sample, static_argnums=0)(spec, KEY)
    x = task.fill(spec, batch["x"], eos, prefix)
    expected = task.loss(spec, Shifted(SHIFT)(x), batch)
    given = (Shifted(SHIFT), spec, (eos[None], prefix), tuned_tokens._places(spec), KEY)
    assert float(tuned_tokens.stream_loss(*given)) == pytest.approx(float(expected), rel=1e-5)


def test_tuning_is_its_keys_and_only_that():
    made = [
        tuned_separator(Shifted(SHIFT), stream(eos=True), Tuning(3, 0.01), jax.random.key(n))
        for n in (1, 1, 2)
    ]
    np.testing.assert_array_equal(made[0][0], made[1][0])
    assert not np.array_equal(made[0][0], made[2][0])


def test_streams_without_the_token_are_refused():
    with pytest.raises(ValueError, match="eos must be true"):
        tuned_separator(Shifted(SHIFT), stream(), Tuning(1, 0.01), KEY)
    with pytest.raises(ValueError, match="prefix must be at least 1"):
        tuned_prefix(Shifted(SHIFT), stream(eos=True), jnp.zeros(DIMS), Tuning(1, 0.01), KEY)
