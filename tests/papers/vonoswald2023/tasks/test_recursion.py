"""Unrolling in both libraries, and products in full precision."""

import jax
import jax.numpy as jnp
import numpy as np

from papers.vonoswald2023.tasks.recursion import contract, unroll


def test_both_libraries_unroll_alike():
    rng = np.random.default_rng(0)
    first, inputs = rng.normal(size=(3, 2)), rng.normal(size=(3, 5, 2))
    expected = np.zeros((3, 6, 2))
    for n in range(3):
        state = first[n]
        expected[n, 0] = state
        for t in range(5):
            state = 0.5 * state[::-1] + inputs[n, t]
            expected[n, t + 1] = state

    def step(state, given):
        return 0.5 * state[:, ::-1] + given

    np.testing.assert_allclose(unroll(step, first, inputs), expected)
    found = jax.jit(lambda a, b: unroll(step, a, b))(jnp.asarray(first), jnp.asarray(inputs))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_products_on_the_device_ask_for_full_precision():
    text = str(
        jax.make_jaxpr(lambda a, b: contract("ij,j->i", a, b))(jnp.ones((2, 2)), jnp.ones(2))
    )
    assert "HIGHEST" in text
    assert isinstance(contract("ij,j->i", np.eye(2), np.ones(2)), np.ndarray)
