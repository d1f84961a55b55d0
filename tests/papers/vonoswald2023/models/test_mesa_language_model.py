"""Language models: against token-by-token NumPy, feature map, key shift, causality, refusals."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from mesa_reference import linear_attend, mesa_attend, softmax_attend

from papers.vonoswald2023.models import mesa_language_model as model
from papers.vonoswald2023.models.mesa_parts import position_table
from papers.vonoswald2023.spec import MesaLanguageModel
from reprise.specs.errors import ConfigError, validate

SIZES = {"width": 8, "heads": 2, "key_size": 4, "init_deviation": 0.5, "embedding_deviation": 1.0}


class Task(NamedTuple):
    vocabulary: int = 6


def spec(layers, **fields):
    data = {"name": "mesa_language_model", "layers": layers, **SIZES, **fields}
    return validate(MesaLanguageModel, data, "paper.yaml")


def build(layers, dtype="float32", **fields):
    return model.build(spec(layers, **fields), Task(), jax.random.key(0), dtype)


def documents(count=3, length=9):
    return np.random.default_rng(0).integers(0, Task().vocabulary, (count, length))


def weights(part):
    return np.asarray(part.weight[...], float)


def normed(h, norm):
    centred = h - h.mean(axis=1, keepdims=True)
    scaled = centred / np.sqrt(h.var(axis=1, keepdims=True) + 1e-5)
    return np.asarray(norm.gain[...]) * scaled + np.asarray(norm.bias[...])


def features(x, nu):
    """The map of Schlag et al. 2021 by its definition, one token a row; then length 1."""
    found = []
    for row in x:
        r = np.maximum(np.concatenate([row, -row]), 0)
        products = [r[i] * r[(i - j) % len(r)] for j in range(1, nu + 1) for i in range(len(r))]
        found.append(np.array(products) if nu else row)
    return np.array([row / np.linalg.norm(row) for row in found])


def expected_attention(attention, h, shape):
    q, k, v = (h @ weights(part) for part in (attention.query, attention.key, attention.value))
    if shape.key_shift:
        k = np.vstack([np.zeros_like(k[:1]), k[:-1]])
    found = []
    for head in range(shape.heads):
        one_q, one_k, one_v = (x[:, 4 * head : 4 * head + 4] for x in (q, k, v))
        if attention.kind == "softmax":
            found.append(softmax_attend(one_q, one_k, one_v))
            continue
        one_q = features(one_q, shape.nu)
        shifted = int(shape.key_shift)
        one_k = np.pad(features(one_k[shifted:], shape.nu), ((shifted, 0), (0, 0)))
        lam = float(jnp.exp(attention.log_lambda[head])) if attention.kind == "mesa" else None
        found.append(
            mesa_attend(one_q, one_k, one_v, lam) if lam else linear_attend(one_q, one_k, one_v)
        )
    return np.hstack(found) @ weights(attention.out)


def expected_logits(network, x, shape):
    rows = []
    for document in x:
        h = weights(network.embedding)[document] + position_table(len(document), shape.width)
        for layer in network.layers:
            h = h + expected_attention(layer.attention, normed(h, layer.norms[0]), shape)
            if layer.mlp:
                hidden = np.maximum(normed(h, layer.norms[1]) @ weights(layer.mlp[0]), 0)
                h = h + hidden @ weights(layer.mlp[1])
        rows.append(normed(h, network.norm) @ weights(network.read_out))
    return np.array(rows)


@pytest.mark.parametrize(
    ("layers", "fields"),
    [
        (["linear"], {"key_shift": True}),
        (["linear"], {"key_shift": True, "nu": 3}),
        (["mesa"], {"key_shift": True, "nu": 2, "initial_lambda": 3.0}),
        (["softmax"], {"key_shift": True}),
        (["softmax", "mesa"], {"nu": 1, "mlp_ratio": 4}),
        (["softmax", "linear"], {}),
    ],
)
def test_logits_are_those_of_token_by_token_arithmetic(layers, fields):
    network, shape = build(layers, **fields), spec(layers, **fields)
    found = jax.jit(network.__call__)(jnp.asarray(documents()))
    assert found.shape == (3, 9, 6)
    expected = expected_logits(network, documents(), shape)
    np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.mark.parametrize("nu", [0, 1, 3])
def test_the_feature_map_is_its_definition(nu):
    x = np.random.default_rng(1).normal(size=(5, 4))
    found = model.unit(model.dpfp(jnp.asarray(x, jnp.float32).T[None, ..., None], nu))
    expected = features(x, nu)
    assert expected.shape[1] == (2 * 4 * nu if nu else 4)
    np.testing.assert_allclose(found[0, :, :, 0].T, expected, atol=1e-5)


def test_no_features_at_all_have_no_direction_and_a_finite_gradient():
    def total(x):
        return model.unit(model.dpfp(x, 1)).sum()

    assert jnp.isfinite(jax.jit(jax.grad(total))(jnp.zeros((1, 4, 1, 1)))).all()


def test_shifted_keys_belong_to_the_token_before():
    k = jnp.arange(12.0).reshape(1, 2, 3, 2)
    found = model.previous(k)
    assert (found[:, :, 0] == 0).all()
    np.testing.assert_array_equal(found[:, :, 1:], k[:, :, :-1])


@pytest.mark.parametrize("layers", [["softmax", "linear"], ["softmax", "mesa"], ["softmax"]])
@pytest.mark.parametrize("shift", [False, True])
def test_no_prediction_sees_a_later_token(layers, shift):
    forward = jax.jit(build(layers, nu=1, key_shift=shift).__call__)
    x = documents()
    changed = x.copy()
    changed[:, 5] = (x[:, 5] + 1) % 6
    before, after = (np.asarray(forward(jnp.asarray(tokens))) for tokens in (x, changed))
    np.testing.assert_allclose(before[:, :5], after[:, :5], atol=1e-6)
    assert (np.abs(before - after)[:, 5:].max(axis=(0, 2)) > 1e-4).all()


def test_with_shifted_keys_one_layer_looks_up_what_followed():
    """A mesa layer on one-hot keys predicts by Bayes' rule, 1 / lambda being the strength."""
    words, x = 4, np.array([[0, 1, 0, 2, 0, 1, 3, 0, 1, 2]])
    hot = jnp.asarray(np.eye(words)[x], jnp.float32).transpose(2, 1, 0)
    shape = spec(["mesa"], width=4, heads=1, key_shift=True, initial_lambda=2.0)
    attention = model.Attention(shape, "mesa", model.Normals(jax.random.key(0), "float32", 1.0))
    for part in (attention.query, attention.key, attention.value, attention.out):
        part.weight[...] = jnp.eye(words)
    found = np.asarray(jax.jit(attention)(hot))[:, :, 0].T
    counts = np.zeros((words, words))
    for t, now in enumerate(x[0]):
        if t:
            counts[x[0, t - 1], now] += 1
        expected = counts[now] / (counts[now].sum() + 0.5)
        np.testing.assert_allclose(found[t], expected, atol=1e-5)


def test_first_layers_weights_are_those_of_their_outputs():
    network = build(["softmax", "linear"])
    h = network.layers[0].norms[0](network.embedded(jnp.asarray(documents())))
    attention = network.layers[0].attention
    found = np.asarray(jax.jit(attention.weights)(h))
    assert found.shape == (3, 2, 9, 9)
    np.testing.assert_allclose(found.sum(axis=3), 1, atol=1e-5)
    assert (found[..., *np.triu_indices(9, 1)] == 0).all()
    v = attention.value(h).reshape(2, 4, 9, 3)
    mixed = jnp.einsum("bhij,hcjb->hcib", found, v).reshape(8, 9, 3)
    np.testing.assert_allclose(attention.out(mixed), jax.jit(attention)(h), atol=1e-5)


def test_deviations_of_initial_weights():
    shape = spec(["softmax", "mesa"], width=64, heads=4, key_size=16, mlp_ratio=4)
    network = model.build(shape, Task(500), jax.random.key(1), "float32")
    layer = network.layers[1]
    for part, expected in (
        (network.embedding, 1.0),
        (network.read_out, 0.5),
        (layer.attention.query, 0.5),
        (layer.attention.out, 0.25),
        (layer.mlp[1], 0.25),
    ):
        assert weights(part).std() == pytest.approx(expected, rel=0.05)
    assert list(model.views(network)) == ["lambda_2"]
    np.testing.assert_allclose(model.views(network)["lambda_2"], 1)


def test_every_weight_has_a_gradient():
    network = build(["softmax", "mesa"], nu=1, mlp_ratio=2)
    graph, state = nnx.split(network)
    x = jnp.asarray(documents())
    slopes = jax.jit(jax.grad(lambda s: (nnx.merge(graph, s)(x) ** 2).sum()))(state)
    for slope in jax.tree.leaves(slopes):
        assert np.isfinite(slope).all()
        assert np.abs(slope).max() > 0


def test_wrong_sizes_are_refused():
    data = {"name": "mesa_language_model", "layers": ["softmax"], "width": 8, "heads": 3}
    with pytest.raises(ConfigError, match=r"heads must divide width=8.*got 3 \(nearest: [24]\)"):
        validate(MesaLanguageModel, data, "paper.yaml")
