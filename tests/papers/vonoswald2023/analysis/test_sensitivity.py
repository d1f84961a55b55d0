"""Sensitivity against finite differences, and of layers whose memory is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from papers.vonoswald2023.analysis.sensitivity import sensitivities
from papers.vonoswald2023.models import mesa_transformer
from papers.vonoswald2023.spec import MesaTransformer

LENGTH, STEP = 5, 1e-2


class Task:
    token_dims, target_dims = 3, 3


def network(kind, deviation=0.5, **more):
    data = {"name": "mesa_transformer", "layers": [kind, "softmax"], "heads": 2, "key_size": 4}
    data |= {"width": 6, "init_deviation": deviation} | more
    spec = MesaTransformer.model_validate(data)
    return mesa_transformer.build(spec, Task(), jax.random.key(0), jnp.float32)


@pytest.mark.parametrize("kind", ["softmax", "mesa"])
def test_finite_differences_agree(kind):
    net = network(kind, positions=True, clip=15.0)
    last = nnx.jit(lambda net, x: net.streams(x)[1][:, -1])
    x = np.random.default_rng(0).normal(size=(4, LENGTH, 3))
    slopes = np.zeros((6, 4, LENGTH, 3))
    for token in range(LENGTH):
        for number in range(3):
            ends = []
            for sign in (1, -1):
                moved = x.copy()
                moved[:, token, number] += sign * STEP
                ends.append(np.asarray(last(net, jnp.asarray(moved, jnp.float32))))
            slopes[:, :, token, number] = (ends[0] - ends[1]) / (2 * STEP)
    expected = np.linalg.norm(slopes, axis=-1).mean(axis=(0, 1))
    np.testing.assert_allclose(sensitivities(net, x), expected, rtol=2e-3, atol=1e-4)


def test_without_attention_only_the_last_token_counts():
    net = network("linear")
    net.layers[0].attention.out.weight[...] = 0 * net.layers[0].attention.out.weight[...]
    found = sensitivities(net, np.random.default_rng(0).normal(size=(4, LENGTH, 3)))
    read_in = np.asarray(net.maps[0].weight[...])
    np.testing.assert_allclose(found[-1], np.linalg.norm(read_in, axis=0).mean(), rtol=1e-5)
    np.testing.assert_array_equal(found[:-1], 0)


def test_what_is_clipped_does_not_count():
    net = network("linear", clip=1e-6)
    found = sensitivities(net, np.ones((2, LENGTH, 3)))
    np.testing.assert_array_equal(found, 0)
