"""Linear attention by products: against loops and factors; blocks, interpolation, Proposition 1."""

import jax
import numpy as np
import pytest

from papers.vonoswald2023.spec import LinearDynamics
from papers.vonoswald2023.tables.products import Products, between
from papers.vonoswald2023.tasks.linear_dynamics import evaluation
from papers.vonoswald2023.theory.attention_products import (
    attend,
    block_scalars,
    compressed,
    diagonal_share,
    from_scalars,
)

RNG = np.random.default_rng(0)
SIZE, SLOTS, HEADS, LAYERS, K = 2, 4, 3, 2, 5
WIDTH = SIZE * SLOTS
KEY, QUERY, VALUE = (0.3 * RNG.normal(size=(LAYERS, HEADS, K, WIDTH)) for _ in range(3))
OUT = 0.3 * RNG.normal(size=(LAYERS, HEADS, WIDTH, K))
A, B = KEY.swapaxes(-1, -2) @ QUERY, OUT @ VALUE
TOKENS = RNG.normal(size=(4, 6, WIDTH))


def by_loop(clip):
    """Heads with keys, queries and values of their own, one token at a time."""
    states = [TOKENS]
    for layer in range(LAYERS):
        e, new = states[-1], states[-1].copy()
        for n in range(4):
            for t in range(6):
                for h in range(HEADS):
                    q = QUERY[layer, h] @ e[n, t]
                    for i in range(t + 1):
                        weight = (KEY[layer, h] @ e[n, i]) @ q
                        new[n, t] += OUT[layer, h] @ (VALUE[layer, h] @ e[n, i]) * weight
        states.append(new if clip is None else np.minimum(np.maximum(new, -clip), clip))
    return states


@pytest.mark.parametrize("clip", [None, 1.5])
def test_products_do_what_the_factors_do(clip):
    for found, expected in zip(attend(TOKENS, A, B, clip), by_loop(clip), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_jax_gives_the_same():
    found = jax.jit(attend)(TOKENS, A, B)[-1]
    np.testing.assert_allclose(found, by_loop(None)[-1], rtol=1e-3, atol=1e-3)
    found = jax.jit(compressed, static_argnums=1)(A, SIZE)
    np.testing.assert_allclose(found, compressed(A, SIZE), rtol=1e-5, atol=1e-6)


def test_blocks_keep_their_mean_diagonal():
    found = compressed(A, SIZE)
    assert block_scalars(A, SIZE).shape == (LAYERS, HEADS, SLOTS, SLOTS)
    for i in range(SLOTS):
        for j in range(SLOTS):
            block = A[1, 2, i * SIZE : (i + 1) * SIZE, j * SIZE : (j + 1) * SIZE]
            np.testing.assert_allclose(
                found[1, 2, i * SIZE : (i + 1) * SIZE, j * SIZE : (j + 1) * SIZE],
                np.trace(block) / SIZE * np.eye(SIZE),
            )


def test_compression_is_a_projection_with_few_numbers():
    scalars = RNG.normal(size=(LAYERS, HEADS, SLOTS, SLOTS))
    np.testing.assert_allclose(block_scalars(from_scalars(scalars, SIZE), SIZE), scalars)
    once = compressed(A, SIZE)
    np.testing.assert_allclose(compressed(once, SIZE), once)
    # the nearest of its form: what is left has nothing in any block's diagonal
    np.testing.assert_allclose(block_scalars(A - once, SIZE), 0, atol=1e-12)


def test_interpolated_networks_average_logits_and_value_paths():
    """Written as the two networks side by side: logits averaged first, then value paths."""
    e, a, b = TOKENS, A[:1], B[:1]
    short = Products(compressed(a, SIZE), compressed(b, SIZE))
    causal = np.tril(np.ones((6, 6)))
    expected = e.copy()
    for h in range(HEADS):
        kq, kq_short, pv, pv_short = a[0, h], short.kq[0, h], b[0, h], short.pv[0, h]
        logits = (e @ kq.T @ e.swapaxes(1, 2) + e @ kq_short.T @ e.swapaxes(1, 2)) / 2 * causal
        expected += (logits @ e @ pv.T + logits @ e @ pv_short.T) / 2
    mixed = between(Products(a, b), short)
    np.testing.assert_allclose(attend(e, *mixed)[-1], expected, rtol=1e-9, atol=1e-12)


def test_the_share_of_diagonals():
    size = 10
    noise = RNG.normal(size=(5, 40, 40))
    assert diagonal_share(noise, size).shape == (5,)
    np.testing.assert_allclose(diagonal_share(noise, size), 0.1, atol=0.03)
    np.testing.assert_allclose(diagonal_share(compressed(noise, size), size), 1.0)
    counted = sum(noise[0, i, j] ** 2 for i in range(40) for j in range(40) if (i - j) % 10 == 0)
    assert diagonal_share(noise, size)[0] == pytest.approx(counted / (noise[0] ** 2).sum())


def test_one_layer_of_blocks_is_a_step_of_gradient_descent():
    """Proposition 1 with Phi_0 = 0, and its loss: 0.8945 at the step size 0.033 (section 4.1)."""
    spec = LinearDynamics(
        name="linear_dynamics", dims=10, length=50, batch_size=1, tokens="constructed_one_layer"
    )
    data = evaluation(spec, 2000, 0)
    scalars = np.zeros((2, 1, 1, 4, 4))
    scalars[0, ..., 3, 2], scalars[1, ..., 0, 2] = 1.0, 0.033
    found = attend(data["x"], *from_scalars(scalars, 10))[-1][..., :10]
    s = data["observations"]
    for n, t in [(0, 1), (3, 20), (7, 49)]:
        gradient = sum(np.outer(s[n, i], s[n, i - 1]) for i in range(1, t + 1))
        np.testing.assert_allclose(found[n, t], 0.033 * gradient @ s[n, t], rtol=1e-9)
    assert (found[:, 0] == 0).all()
    losses = 0.5 * ((found - data["y"]) ** 2).sum(axis=-1).mean(axis=1)
    # A few sequences of slowly turning systems lose most: the error of 2000 is above one percent
    assert losses.mean() == pytest.approx(0.8945, abs=4 * losses.std() / np.sqrt(2000))
    assert losses.mean() < 0.6 * 0.5 * (data["y"] ** 2).sum(axis=-1).mean()


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="size must divide the 8 rows of a product, got 3"):
        block_scalars(A, 3)
