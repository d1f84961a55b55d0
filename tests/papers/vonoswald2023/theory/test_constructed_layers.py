"""Constructed layers: as networks they are what they claim to be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from constructed_layers import (
    gradient_step_layer,
    layer_of_products,
    parameters,
)
from flax import nnx

from papers.vonoswald2023.models import mesa_transformer
from papers.vonoswald2023.spec import MesaTransformer
from papers.vonoswald2023.tasks.sequence_tokens import previous
from papers.vonoswald2023.theory.gradient_steps import gradient_step, read_scalars


class Task:
    def __init__(self, dims, outputs):
        self.token_dims, self.target_dims = dims, outputs


def four_slots(s, repeated):
    """Tokens [0, s_t or 0, s_t, s_{t-1}]."""
    zero = np.zeros_like(s)
    return np.concatenate([zero, s if repeated else zero, s, previous(s)], axis=2)


def block_means(products, dim):
    heads, width, _ = products.shape
    blocks = products.reshape(heads, width // dim, dim, width // dim, dim)
    return np.trace(blocks, axis1=2, axis2=4) / dim


def network(layers, dims, outputs, dtype="float64", **fields):
    """A network of linear layers with these weights."""
    kinds = ["linear"] * len(layers)
    data = {"name": "mesa_transformer", "layers": kinds, "heads": 1, **fields}
    built = mesa_transformer.build(
        MesaTransformer.model_validate(data), Task(dims, outputs), jax.random.key(0), dtype
    )
    graph, state = nnx.split(built)
    left = parameters(layers)

    def constructed(path, value):
        array = left.pop(jax.tree_util.keystr(path, simple=True, separator="."))
        assert array.shape == value.shape
        return jnp.asarray(array, dtype)

    values = jax.tree_util.tree_map_with_path(constructed, nnx.to_pure_dict(state))
    assert not left
    nnx.replace_by_pure_dict(state, values)
    return nnx.merge(graph, state)


@pytest.mark.parametrize(("dtype", "error"), [("float64", 1e-12), ("float32", 1e-6)])
def test_proposition_one(dtype, error):
    """One linear layer on [Phi_0 s_t, s_t, s_{t-1}] makes one gradient step, for every t."""
    rng = np.random.default_rng(0)
    s, start = rng.uniform(-1, 1, (4, 20, 5)), 0.3 * rng.normal(size=(5, 5))
    with jax.enable_x64(dtype == "float64"):
        built = network([gradient_step_layer(5, 0.03, start)], 15, 5, dtype, key_size=5)
        tokens = np.concatenate([s @ start.T, s, previous(s)], axis=2)
        found = jax.jit(built)(jnp.asarray(tokens, dtype))
    np.testing.assert_allclose(found, gradient_step(s, 0.03, start), rtol=0, atol=error)


@pytest.mark.parametrize("current", [1, 2])
def test_proposition_one_on_tokens_of_four_slots(current):
    """The present is in slots 1 and 2 of deep networks' tokens, in slot 2 of a single layer's."""
    s = np.random.default_rng(1).uniform(-1, 1, (3, 20, 5))
    layer = gradient_step_layer(5, 0.05, slots=4, current=current, before=3)
    with jax.enable_x64(True):
        built = network([layer], 20, 5, key_size=5, clip=4.0)
        found = jax.jit(built)(jnp.asarray(four_slots(s, repeated=current == 1)))
        shown = mesa_transformer.views(built)
    np.testing.assert_allclose(found, gradient_step(s, 0.05), rtol=0, atol=1e-12)
    means = (block_means(np.asarray(shown[name]), 5) for name in ("KQ_1", "PV_1"))
    scalars = read_scalars(*means, current=current)
    assert [field.item() for field in scalars] == pytest.approx([0, 0, 1, 0, 0.05, 0])


def test_a_layer_has_the_products_that_it_is_made_of():
    rng = np.random.default_rng(2)
    kq, pv = rng.normal(size=(2, 3, 8, 8))
    layer = layer_of_products(kq, pv)
    with jax.enable_x64(True):
        built = network([layer], 8, 2, heads=3, key_size=8)
        shown = mesa_transformer.views(built)
    np.testing.assert_allclose(shown["KQ_1"], kq, atol=1e-13)
    np.testing.assert_allclose(shown["PV_1"], pv, atol=1e-13)


def test_layers_with_the_products_of_a_trained_one_do_the_same():
    tokens = four_slots(np.random.default_rng(3).normal(size=(2, 9, 3)), repeated=True)
    spec = {"name": "mesa_transformer", "layers": ["linear"] * 2, "heads": 2, "key_size": 5}
    spec |= {"init_deviation": 0.3, "clip": 4.0}
    with jax.enable_x64(True):
        drawn = mesa_transformer.build(
            MesaTransformer.model_validate(spec), Task(12, 3), jax.random.key(1), "float64"
        )
        shown = {name: np.asarray(view) for name, view in mesa_transformer.views(drawn).items()}
        layers = [layer_of_products(shown[f"KQ_{n}"], shown[f"PV_{n}"]) for n in (1, 2)]
        again = network(layers, 12, 3, heads=2, key_size=12, clip=4.0)
        expected = jax.jit(drawn)(tokens)
        np.testing.assert_allclose(jax.jit(again)(tokens), expected, rtol=1e-11, atol=1e-11)
