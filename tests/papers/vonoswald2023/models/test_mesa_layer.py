"""The mesa-layer: against direct solves, and its way back against autodiff through the scan."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mesa_reference import mesa_attend, preconditioned, published_backward, scanned

from papers.vonoswald2023.models.mesa_layer import mesa_attention, precondition

SIZES = [(1, 3), (12, 6), (50, 20), (224, 20)]
"""Tokens and channels; the last are those of the few-shot networks."""
LAMBDAS = [0.2, 1.0, 5.0]


def draw(tokens, channels, heads=2, batch=2, seed=0):
    return np.random.default_rng(seed).normal(size=(4, heads, channels, tokens, batch))


def lanes(heads, batch, *arrays):
    for head in range(heads):
        for lane in range(batch):
            yield head, lane, [x[head, :, :, lane].T for x in arrays]


def single(array, head=0, lane=0):
    return array[head, :, :, lane].T


@pytest.mark.parametrize("lam", LAMBDAS)
@pytest.mark.parametrize(("tokens", "channels"), SIZES)
def test_queries_are_those_of_direct_solves(tokens, channels, lam):
    with jax.enable_x64(True):
        q, k, _, _ = draw(tokens, channels)
        found = jax.jit(precondition)(q, k, jnp.array([lam, 1.0]))
        for head, lane, (one_q, one_k) in lanes(2, 2, q, k):
            expected = preconditioned(one_q, one_k, (lam, 1.0)[head])
            np.testing.assert_allclose(single(found, head, lane), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("lam", LAMBDAS)
def test_outputs_are_regularised_least_squares(lam):
    with jax.enable_x64(True):
        q, k, v, _ = draw(14, 5, seed=1)
        found = jax.jit(mesa_attention)(q, k, v, jnp.array([lam, 2.0]))
        for head, lane, one in lanes(2, 2, q, k, v):
            expected = mesa_attend(*one, (lam, 2.0)[head])
            np.testing.assert_allclose(single(found, head, lane), expected, rtol=0, atol=1e-11)


def test_small_lambda_gives_scaled_linear_attention():
    with jax.enable_x64(True):
        q, k, _, _ = jnp.asarray(draw(9, 4))
        np.testing.assert_allclose(
            precondition(q, k, jnp.full(2, 1e-9)) / 1e-9, q, rtol=1e-6, atol=1e-7
        )


@jax.jit
def way_back(q, k, lam, g):
    return jax.vjp(precondition, q, k, lam)[1](g)


@jax.jit
def autodiff(q, k, lam, g):
    return jax.vjp(lambda *x: scanned(*x)[1], q, k, lam)[1](g)


@pytest.mark.parametrize("lam", LAMBDAS)
@pytest.mark.parametrize(("tokens", "channels"), SIZES)
def test_gradients_are_those_of_autodiff_through_the_scan(tokens, channels, lam):
    with jax.enable_x64(True):
        q, k, _, g = draw(tokens, channels, heads=1, batch=1, seed=2)
        found = way_back(q, k, np.array([lam]), g)
        of_q, of_k, of_lam = autodiff(single(q), single(k), lam, single(g))
        for one, two in [(single(found[0]), of_q), (single(found[1]), of_k), (found[2][0], of_lam)]:
            scale = np.abs(np.asarray(two)).max()
            assert scale > 0
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-10 * max(scale, 1))


def test_gradients_are_those_of_the_published_way_back():
    """Appendix C.1, which recovers each inverse from the next one."""
    with jax.enable_x64(True):
        q, k, _, g = draw(50, 20, heads=1, batch=1, seed=3)
        found = way_back(q, k, np.array([2.0]), g)
        of_q, of_k, of_lam = jax.jit(published_backward)(single(q), single(k), 2.0, single(g))
        np.testing.assert_allclose(single(found[0]), of_q, rtol=0, atol=1e-8)
        np.testing.assert_allclose(single(found[1]), of_k, rtol=0, atol=1e-8)
        np.testing.assert_allclose(found[2][0], of_lam, rtol=1e-8)


@jax.jit
def both_ways(q, k, _, g):
    """Queries at lambda 5, and the way back."""
    out, pull = jax.vjp(precondition, q, k, jnp.array([5.0], q.dtype))
    return out, *pull(g)


@pytest.mark.parametrize(("tokens", "channels"), [(50, 20), (224, 20)])
def test_single_precision_keeps_its_digits_at_large_lambda(tokens, channels):
    arrays = draw(tokens, channels, heads=1, batch=4, seed=4)
    with jax.enable_x64(True):
        expected = [np.asarray(x) for x in both_ways(*arrays)]
    for one, two in zip(both_ways(*arrays.astype("float32")), expected, strict=True):
        error = np.linalg.norm(np.asarray(one) - two) / np.linalg.norm(two)
        assert error < 1e-4


def test_the_way_back_keeps_no_matrices():
    """What is kept grows with tokens times channels, not with tokens times channels squared."""
    q, k, _, _ = jnp.asarray(draw(30, 8), "float32")
    kept = jax.tree.leaves(jax.vjp(precondition, q, k, jnp.ones(2))[1])
    assert sum(np.size(leaf) for leaf in kept) < 3 * q.size


def test_members_side_by_side_equal_members_alone():
    parts = jnp.asarray(np.stack([draw(9, 4, seed=n) for n in range(2)]), "float32")
    lam = jnp.array([[1.0, 2.0], [3.0, 0.5]])

    def loss(x, lam):
        return (mesa_attention(*x[:3], lam) * x[3]).sum()

    slopes = jax.value_and_grad(loss, (0, 1))
    together, one_by_one = jax.jit(jax.vmap(slopes))(parts, lam), jax.jit(slopes)
    for n in range(2):
        alone = one_by_one(parts[n], lam[n])
        for one, two in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
            np.testing.assert_allclose(one[n], two, rtol=1e-4, atol=1e-4)
