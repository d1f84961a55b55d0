"""Attention without softmax: both forms against loops, gradients against autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mesa_reference import linear_attend

from papers.vonoswald2023.models.linear_attention import (
    linear_attention,
    running_attention,
    scored_attention,
)


def draw(tokens, heads=2, channels=4, batch=3, seed=0):
    return np.random.default_rng(seed).normal(size=(3, heads, channels, tokens, batch))


@pytest.mark.parametrize("tokens", [1, 2, 17, 50])
@pytest.mark.parametrize("form", [linear_attention, running_attention, scored_attention])
def test_every_form_sums_over_the_past_and_the_token_itself(form, tokens):
    with jax.enable_x64(True):
        q, k, v = draw(tokens)
        found = jax.jit(form)(q, k, v)
        for head in range(2):
            for lane in range(3):
                one = (x[head, :, :, lane].T for x in (q, k, v))
                np.testing.assert_allclose(
                    found[head, :, :, lane].T, linear_attend(*one), rtol=0, atol=1e-12
                )


@pytest.mark.parametrize("tokens", [1, 50])
def test_gradients_of_the_running_form_are_those_of_autodiff(tokens):
    with jax.enable_x64(True):
        q, k, v = jnp.asarray(draw(tokens, seed=1))
        weights = jnp.asarray(draw(tokens, seed=2)[0])
        found, expected = (
            jax.jit(jax.grad(lambda *x, form=form: (weights * form(*x)).sum(), (0, 1, 2)))(q, k, v)
            for form in (running_attention, scored_attention)
        )
        for one, two in zip(found, expected, strict=True):
            assert np.abs(np.asarray(two)).max() > 0.1
            np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-11)


def test_members_side_by_side_equal_members_alone():
    parts = jnp.asarray(np.stack([draw(9, seed=n) for n in range(2)]), jnp.float32)
    together = jax.jit(jax.vmap(lambda x: running_attention(*x)))(parts)
    alone = jax.jit(running_attention)
    for one, part in zip(together, parts, strict=True):
        np.testing.assert_allclose(one, alone(*part), rtol=0, atol=1e-5)
