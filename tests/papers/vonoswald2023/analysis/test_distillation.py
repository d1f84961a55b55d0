"""Distillation: linear layers are recovered, swapped layers do what they should."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from papers.vonoswald2023.analysis.distillation import (
    Fit,
    attention_pair,
    cosine,
    distilled,
    with_attention,
)
from papers.vonoswald2023.models.mesa_parts import Attention, Layer, Normals
from papers.vonoswald2023.models.mesa_transformer import products
from papers.vonoswald2023.spec import MesaTransformer

WIDTH, TOKENS = 4, 6


def spec(*layers, **fields):
    return MesaTransformer(
        name="mesa_transformer", layers=layers, heads=1, key_size=4, init_deviation=0.3, **fields
    )


def normals(key):
    return Normals(jax.random.key(key), jnp.float32, 0.5)


def activations(count, key=5):
    return jax.random.normal(jax.random.key(key), (count, TOKENS, WIDTH))


@pytest.mark.parametrize(("number", "positions"), [(1, False), (0, True)])
def test_a_linear_layer_is_recovered_up_to_what_its_function_leaves_open(number, positions):
    found_spec = spec("linear", "linear", width=WIDTH, positions=positions)
    truth = Attention(found_spec, "linear", WIDTH, number == 0, normals(1))
    x = activations(512)
    y = truth(x.transpose(2, 1, 0)).transpose(2, 1, 0)
    found = distilled(found_spec, number, x, y, Fit(2500, 0.01, 0.0, 32), jax.random.key(2))
    energy = 0.5 * float((y**2).sum(axis=2).mean())
    assert found.errors.shape == (2500,)
    assert float(found.errors[-100:].mean()) < 1e-3 * energy
    fresh = activations(64, key=7).transpose(2, 1, 0)
    missed = 0.5 * float(((found.attention(fresh) - truth(fresh)) ** 2).sum(axis=0).mean())
    assert missed < 2e-3 * energy
    # One number can move from one product to the other, its sign included. Positions are the same
    # in all sequences, so that scores of positions with positions are hardly determined.
    own, known = ([x[..., :WIDTH, :WIDTH] for x in products(a)] for a in (found.attention, truth))
    cosines = [cosine(a, b) for a, b in zip(own, known, strict=True)]
    np.testing.assert_allclose(np.abs(cosines), 1, atol=0.01)
    assert np.sign(cosines[0]) == np.sign(cosines[1])


def test_a_softmax_layer_is_not_linear():
    x = 3 * activations(512)
    soft = Attention(spec("softmax", width=WIDTH), "softmax", WIDTH, True, normals(1))
    y = soft(x.transpose(2, 1, 0)).transpose(2, 1, 0)
    found = distilled(
        spec("softmax", width=WIDTH), 0, x, y, Fit(300, 0.01, 0.0, 32), jax.random.key(2)
    )
    assert float(found.errors[-50:].mean()) > 0.2 * 0.5 * float((y**2).sum(axis=2).mean())


def test_a_fit_is_its_keys_and_only_that():
    x = activations(64)
    made = [
        distilled(spec("linear", width=WIDTH), 0, x, x, Fit(5, batch=8), jax.random.key(key))
        for key in (3, 3, 4)
    ]
    np.testing.assert_array_equal(made[0].errors, made[1].errors)
    assert not np.array_equal(made[0].errors, made[2].errors)


def test_attention_reads_what_a_layer_adds_to():
    h = activations(8).transpose(2, 1, 0)
    for norm in (False, True):
        layer = Layer(spec("linear", width=WIDTH, layer_norm=norm), 0, WIDTH, normals(1))
        read, added = attention_pair(layer, h)
        np.testing.assert_allclose(h + added, layer(h), rtol=1e-5)
        assert np.array_equal(read, h) != norm


def test_a_layer_with_another_attention_leaves_the_first_as_it_was():
    own = spec("softmax", "linear", width=WIDTH)
    layer = Layer(own, 0, WIDTH, normals(1))
    h = activations(8).transpose(2, 1, 0)
    before = np.asarray(layer(h))
    other = Attention(own, "linear", WIDTH, True, normals(9))
    np.testing.assert_allclose(with_attention(layer, other)(h), h + other(h), rtol=1e-5)
    np.testing.assert_array_equal(layer(h), before)
    assert isinstance(layer, nnx.Module)


def test_cosine_is_the_angle():
    a, b = jnp.array([[1.0, 0.0], [0.0, 1.0]]), jnp.array([[1.0, 1.0], [0.0, 0.0]])
    assert cosine(a, a) == pytest.approx(1)
    assert cosine(a, -3 * a) == pytest.approx(-1)
    assert cosine(a, b) == pytest.approx(0.5)
