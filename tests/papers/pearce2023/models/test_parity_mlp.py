"""Tests of the parity network: its initial state, its function and its views."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from papers.pearce2023.models import parity_mlp
from papers.pearce2023.spec import Parity, ParityMLP
from papers.pearce2023.tasks import parity

TASK = Parity(name="parity", train_size=750)


def build(hidden, seed=0, dtype=jnp.float32):
    spec = ParityMLP(name="parity_mlp", hidden=hidden)
    return parity_mlp.build(spec, TASK, jax.random.key(seed), dtype)


def test_trained_tensors_are_31_h_in_weights_and_h_out_weights():
    state = nnx.state(build(32), nnx.Param)
    assert sorted(leaf.shape for leaf in jax.tree.leaves(state)) == [(31, 32), (32,)]


def test_logits_match_a_loop_over_neurons():
    network, x = build(16), parity.splits(TASK, 0)["train"]["x"][:20]
    weights = {
        name: np.asarray(view, np.float64) for name, view in parity_mlp.views(network).items()
    }
    expected = np.zeros(20)
    for neuron in range(16):
        pre_activation = x.astype(np.float64) @ weights["W_input"][:, neuron]
        expected += np.maximum(pre_activation, 0) * weights["W_output"][neuron]
    np.testing.assert_allclose(network(jnp.asarray(x)), expected, atol=1e-5)


def test_initial_weights_are_truncated_normals_without_correction():
    views = parity_mlp.views(build(20_000))
    for name, fan_in in {"W_input": 31, "W_output": 20_000}.items():
        scaled = np.asarray(views[name]).ravel() * np.sqrt(fan_in)
        # The deviation of a normal cut at two deviations is 0.87963; 20,000 draws resolve 1 %.
        assert np.abs(scaled).max() <= 2.0 + 1e-5
        assert scaled.std() == pytest.approx(0.87963, rel=0.02)
        assert scaled.mean() == pytest.approx(0, abs=0.03)


def test_initial_loss_is_near_the_reference_floor_of_memorising_runs():
    batch = jax.tree.map(jnp.asarray, parity.splits(TASK, 0)["test"])

    @partial(jax.jit, static_argnums=0)
    def initial(hidden, seeds):
        return jax.lax.map(
            lambda seed: parity.loss(TASK, build(hidden, seed)(batch["x"]), batch), seeds
        )

    losses = np.concatenate([initial(hidden, np.arange(5)) for hidden in (16, 64, 258)])
    assert np.log(2) - 0.01 < min(losses) and max(losses) < 0.76
    assert np.median(losses) == pytest.approx(0.70, abs=0.02)


def test_tensors_differ_by_key_and_are_drawn_independently():
    first, again, other = (parity_mlp.views(build(31, seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["W_input"], again["W_input"])
    assert not np.allclose(first["W_input"], other["W_input"])
    assert abs(np.corrcoef(first["W_input"][0], first["W_output"])[0, 1]) < 0.6


def test_float64_is_kept_where_it_is_asked_for():
    with jax.enable_x64(True):
        network = build(8, dtype=jnp.float64)
        assert network(jnp.ones((2, 31), jnp.float32)).dtype == jnp.float64
