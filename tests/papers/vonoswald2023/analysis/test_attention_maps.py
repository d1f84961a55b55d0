"""Maps of the first layer: what it adds to the stream follows from them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.vonoswald2023.analysis.attention_maps import attention_weights, first_layer_maps, masses
from papers.vonoswald2023.models import mesa_transformer
from papers.vonoswald2023.spec import MesaTransformer

LENGTH = 7


class Task:
    token_dims, target_dims = 3, 3


@pytest.fixture(scope="module", params=[True, False])
def network(request):
    data = {"name": "mesa_transformer", "layers": ["softmax", "mesa"], "heads": 2, "key_size": 4}
    data |= {"width": 6, "positions": request.param, "init_deviation": 0.7}
    spec = MesaTransformer.model_validate(data)
    return mesa_transformer.build(spec, Task(), jax.random.key(0), jnp.float32)


@pytest.fixture(scope="module")
def sequences():
    return np.random.default_rng(1).normal(size=(100, LENGTH, 3))


def test_what_the_layer_adds_is_the_weighted_sum_of_values(network, sequences):
    x = jnp.asarray(sequences[:5], jnp.float32)
    weights = np.asarray(jax.jit(attention_weights)(network, x))
    stream = np.asarray(jax.jit(network.streams)(x)[0])
    attention = network.layers[0].attention
    value, out = (np.asarray(part.weight[...]) for part in (attention.value, attention.out))
    added = 0
    for head in range(2):
        columns = slice(4 * head, 4 * head + 4)
        values = np.einsum("ec,etb->ctb", value[:, columns], stream)
        mixed = np.einsum("ijb,cjb->cib", weights[head], values)
        added = added + np.einsum("co,cib->oib", out[columns], mixed)
    np.testing.assert_allclose(jax.jit(attention)(stream), added, atol=1e-5)


def test_weights_are_causal_and_sum_to_one(network, sequences):
    maps = first_layer_maps(network, sequences)
    assert maps.mean.shape == maps.deviation.shape == (2, LENGTH, LENGTH)
    np.testing.assert_allclose(maps.mean.sum(axis=2), 1, atol=1e-6)
    assert (np.triu(maps.mean, 1) == 0).all()
    every = np.asarray(jax.jit(attention_weights)(network, sequences), float)
    np.testing.assert_allclose(maps.mean, every.mean(axis=-1), atol=1e-6)
    np.testing.assert_allclose(maps.deviation, every.std(axis=-1), atol=1e-4)


def test_masses_are_the_weights_of_the_newest_tokens():
    mean = np.zeros((1, 5, 5))
    mean[0] = 0.5 * np.eye(5) + 0.3 * np.eye(5, k=-1) + 0.15 * np.eye(5, k=-2)
    mean[0] += 0.05 * np.eye(5, k=-3)
    np.testing.assert_allclose(masses(mean, 4), [[0.5, 0.3, 0.15, 0.05]])


def test_linear_layers_have_no_maps():
    data = {"name": "mesa_transformer", "layers": ["linear"], "heads": 1, "key_size": 2, "width": 3}
    built = mesa_transformer.build(
        MesaTransformer.model_validate(data), Task(), jax.random.key(0), jnp.float32
    )
    with pytest.raises(ValueError, match="must be softmax attention, got linear"):
        first_layer_maps(built, np.zeros((2, 3, 3)))
