"""Attention on feature-first arrays: against NumPy, and its gradients against autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from transformer_reference import attend

from papers.shared import attention
from papers.shared import cpu_attention as lane_attention


def draw(tokens, heads=2, channels=4, batch=3, seed=0):
    return np.random.default_rng(seed).normal(size=(3, heads, channels, tokens, batch))


def causal_reference(qkv):
    out = np.zeros(qkv.shape[1:])
    for head in range(qkv.shape[1]):
        for lane in range(qkv.shape[4]):
            q, k, v = (part[head, :, :, lane].T for part in qkv)
            visible = [range(i + 1) for i in range(len(q))]
            out[head, :, :, lane] = attend(q, k, v, visible).T
    return out


def plain(qkv):
    tokens = qkv.shape[3]
    return attention.masked_attention(qkv, jnp.tril(jnp.ones((tokens, tokens), bool))[..., None])


@pytest.mark.parametrize("tokens", [1, 15, 16, 33, 50])
def test_every_form_is_causal_attention(tokens):
    with jax.enable_x64(True):
        qkv = draw(tokens, batch=attention.LANES)
        expected = causal_reference(qkv)
        for form in (lane_attention.causal_lanes, plain, attention.causal_attention):
            np.testing.assert_allclose(jax.jit(form)(qkv), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("tokens", "sequences", "fast"),
    [
        (16, 16, True),
        (128, 48, True),
        (15, 16, False),
        (129, 16, False),
        (16, 8, False),
        (16, 24, False),
    ],
)
def test_the_lane_form_is_for_multiples_of_16_sequences(monkeypatch, tokens, sequences, fast):
    taken = []
    monkeypatch.setattr(attention, "causal_lanes", lambda qkv: taken.append(qkv) or qkv[0])
    jax.eval_shape(attention.causal_attention, draw(tokens, batch=sequences))
    assert bool(taken) == fast


@pytest.mark.parametrize("tokens", [1, 15, 50])
def test_gradient_of_the_lane_form_is_that_of_autodiff(tokens):
    with jax.enable_x64(True):
        qkv = jnp.asarray(draw(tokens, seed=1))
        weights = jnp.asarray(draw(tokens, seed=2)[0])
        found, expected = (
            jax.jit(jax.grad(lambda x, form=form: (weights * form(x)).sum()))(qkv)
            for form in (lane_attention.causal_lanes, plain)
        )
        assert np.abs(np.asarray(expected)).max() > 0.1
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_large_scores_stay_finite_in_float32():
    qkv = jnp.asarray(100 * draw(20), jnp.float32)
    step = jax.jit(jax.value_and_grad(lambda x: lane_attention.causal_lanes(x).sum()))
    value, gradient = step(qkv)
    assert np.isfinite(value) and np.isfinite(gradient).all()


def test_members_side_by_side_equal_members_alone():
    qkv = jnp.asarray(np.stack([draw(18, seed=n) for n in range(2)]), jnp.float32)
    together = jax.jit(jax.vmap(lane_attention.causal_lanes))(qkv)
    alone_only = map(jax.jit(lane_attention.causal_lanes), qkv)
    for one, alone in zip(together, alone_only, strict=True):
        np.testing.assert_allclose(one, alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("tokens", [1, 15, 16, 31, 32, 34, 42, 80, 82, 127])
def test_blocks_cover_all_queries_and_none_is_short(tokens):
    blocks = lane_attention._blocks(tokens)
    assert [i for start, stop in blocks for i in range(start, stop)] == list(range(tokens))
    assert min(stop - start for start, stop in blocks) >= min(16, tokens)


def test_masked_attention_looks_at_visible_keys_only():
    """Per sequence its own keys; one sequence sees none and gets zeros."""
    with jax.enable_x64(True):
        qkv = draw(6)
        visible = np.array([[1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
        found = np.asarray(jax.jit(attention.masked_attention)(qkv, visible.T[None]))
        for lane, mask in enumerate(visible):
            for head in range(2):
                q, k, v = (part[head, :, :, lane].T for part in qkv)
                expected = attend(q, k, v, [np.flatnonzero(mask).tolist()] * 6)
                np.testing.assert_allclose(found[head, :, :, lane].T, expected, atol=1e-13)
        assert not found[..., 2].any()
