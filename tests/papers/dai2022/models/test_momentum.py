"""The momentum term: parallel equals recurrent, vanishes with eta, is strictly causal (T6)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.dai2022.models import momentum as model


def values(tokens=12, seed=0):
    return np.random.default_rng(seed).normal(size=(2, tokens, 3, 4)).astype(np.float32)


def by_definition(v, eta):
    found = np.zeros(v.shape)
    for t in range(v.shape[1]):
        for s in range(t):
            found[:, t] += eta ** (t - s) * v[:, s].astype(float)
    return found


@pytest.mark.parametrize("eta", [0.1, 0.5, 0.9, 0.999])
def test_parallel_recurrent_and_definition_agree(eta):
    v = values(40)
    expected = by_definition(v, eta)
    np.testing.assert_allclose(model.momentum(jnp.asarray(v), eta), expected, atol=2e-5)
    np.testing.assert_allclose(model.recurrent_momentum(jnp.asarray(v), eta), expected, atol=2e-5)


def test_parallel_and_recurrent_agree_in_float64_to_rounding():
    with jax.enable_x64(True):
        v = jnp.asarray(np.random.default_rng(1).normal(size=(1, 64, 1, 2)))
        gap = model.momentum(v, 0.7) - model.recurrent_momentum(v, 0.7)
        assert float(abs(gap).max()) < 1e-13


def test_it_vanishes_with_eta():
    assert float(abs(model.momentum(jnp.asarray(values()), 1e-6)).max()) < 1e-5


@pytest.mark.parametrize("form", [model.momentum, model.recurrent_momentum])
def test_a_token_sees_neither_itself_nor_later_ones(form):
    v, changed = values(), values()
    changed[:, 5] += 1.0
    gap = np.asarray(form(jnp.asarray(changed), 0.5) - form(jnp.asarray(v), 0.5))
    assert (gap[:, :6] == 0).all()
    np.testing.assert_allclose(gap[:, 6], 0.5, atol=1e-6)
    assert (gap[:, 6:] != 0).all()


def test_values_read_before_add_what_they_would_have_added():
    v = values(20)
    whole = model.momentum(jnp.asarray(v[:1]), 0.8)
    # Padding after the seven values that count must not matter.
    earlier = np.concatenate([v[0, :7], np.full_like(v[0, :3], 9.0)])
    carry = model.carried(jnp.asarray(earlier), 0.8, jnp.asarray(7))
    rest = model.momentum(jnp.asarray(v[:1, 7:]), 0.8, carry)
    np.testing.assert_allclose(rest, whole[:, 7:], atol=1e-5)


@pytest.mark.parametrize("eta", [0.1, 0.5, 0.9])
def test_matched_weights_of_a_long_past_add_up_to_one(eta):
    total = model.decay(400, eta)[-1].sum()
    assert total * model.matched(eta) == pytest.approx(1.0)
