"""Tuned tokens: on networks simple enough to know which tokens are best."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.vonoswald2023.analysis.tuned_tokens import stream_loss, tuned_prefix, tuned_separator
from papers.vonoswald2023.spec import FewShotRegression
from papers.vonoswald2023.tasks import few_shot_regression as task

DIMS = 3
KEY = jax.random.key(0)


def stream(**fields):
    return FewShotRegression(
        name="few_shot_regression", dims=DIMS, pairs=4, batch_size=64, **fields
    )


def shifted(shift):
    """The network that says the token before, and ``shift`` more."""

    def network(x):
        return jnp.pad(x, ((0, 0), (1, 0), (0, 0)))[:, :-1] + shift

    return network


def test_the_separator_goes_where_the_loss_is_least():
    # Behind the first pair, predictions are separator + shift: best is the mean of y, which is 0.
    shift = jnp.array([0.5, -1.0, 0.0])
    eos, losses = tuned_separator(shifted(shift), stream(eos=True), 600, 0.02, KEY)
    np.testing.assert_allclose(eos[0], -shift, atol=0.05)
    # E |W x|^2 / 2 = DIMS / 6; the first pair has no separator before it, and errs by the shift.
    expected = DIMS / 6 + 0.25 * 0.5 * float(shift @ shift)
    assert float(losses[-100:].mean()) == pytest.approx(expected, rel=0.03)
    assert float(losses[0]) > 1.2 * expected


def test_the_prefix_is_tuned_and_the_separator_stays():
    # Only the first pair's prediction is a prefix token: the last one, and no other has a gradient.
    spec = stream(eos=True, prefix=3)
    shift = jnp.array([0.5, -1.0, 0.0])
    start = jax.random.normal(jax.random.fold_in(KEY, 0), (3, DIMS))
    prefix, losses = tuned_prefix(shifted(shift), spec, -shift, 800, 0.02, KEY)
    np.testing.assert_allclose(prefix[-1], -shift, atol=0.07)
    np.testing.assert_allclose(prefix[:-1], start[:-1])
    assert float(losses[-100:].mean()) == pytest.approx(DIMS / 6, rel=0.03)


def test_losses_are_those_of_the_task():
    spec, eos = stream(eos=True), jnp.arange(1.0, 1 + DIMS)
    batch = jax.jit(task.sample, static_argnums=0)(spec, KEY)
    x = np.array(batch["x"])
    x[:, 2::3] = eos
    before = np.concatenate([np.zeros((64, 1, DIMS)), x[:, [2, 5, 8]]], axis=1)
    expected = 0.5 * ((before - batch["y"]) ** 2).sum(axis=2).mean()
    loss = jax.jit(stream_loss, static_argnums=(0, 1))
    found = loss(shifted(0), spec, KEY, eos, None)
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


def test_tuning_is_its_keys_and_only_that():
    made = [
        tuned_separator(shifted(0), stream(eos=True), 3, 0.01, jax.random.key(n)) for n in (1, 1, 2)
    ]
    np.testing.assert_array_equal(made[0][0], made[1][0])
    assert not np.array_equal(made[0][0], made[2][0])


def test_streams_without_the_token_are_refused():
    with pytest.raises(ValueError, match="eos must be true"):
        tuned_separator(shifted(0), stream(), 1, 0.01, KEY)
    with pytest.raises(ValueError, match="prefix must be at least 1"):
        tuned_prefix(shifted(0), stream(eos=True), jnp.zeros(DIMS), 1, 0.01, KEY)
