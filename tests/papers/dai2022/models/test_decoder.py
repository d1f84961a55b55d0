"""Decoders: against token-by-token float64 arithmetic, causality, options, refusals."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from decoder_examples import LLAMA, OPTIONS, SMALL, XGLM, Task, build, spec
from decoder_reference import forward, weights_of
from flax import nnx

from papers.dai2022.models import decoder as model
from papers.dai2022.models.decoder_parts import sinusoids
from papers.dai2022.models.decoder_weights import shapes
from papers.dai2022.spec import Decoder
from reprise.specs.errors import ConfigError, validate


@nnx.jit
def logits(network, x):
    return network(x)


def documents(tokens=9, sequences=2):
    return np.random.default_rng(3).integers(0, Task().vocabulary, (sequences, tokens))


@pytest.mark.parametrize("fields", OPTIONS.values(), ids=OPTIONS)
def test_logits_are_those_of_token_by_token_arithmetic(fields):
    network, x = build(**fields), documents()
    found = np.asarray(logits(network, jnp.asarray(x)))
    assert found.shape == (2, 9, 11)
    expected = [forward(network.spec, weights_of(network), tokens).logits for tokens in x]
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("fields", OPTIONS.values(), ids=OPTIONS)
def test_no_prediction_sees_a_later_token(fields):
    network, x = build(**fields), documents()
    changed = x.copy()
    changed[:, 5] = (x[:, 5] + 1) % 11
    before, after = (np.asarray(logits(network, jnp.asarray(tokens))) for tokens in (x, changed))
    np.testing.assert_allclose(before[:, :5], after[:, :5], atol=1e-5)
    assert (np.abs(before - after)[:, 5:].max(axis=(0, 2)) > 1e-4).all()


def test_momentum_with_a_small_decay_is_plain_attention():
    plain, little = build(**LLAMA), build(**LLAMA, momentum=1e-7)
    x = jnp.asarray(documents())
    much = logits(build(**LLAMA, momentum=0.5), x)
    np.testing.assert_allclose(logits(plain, x), logits(little, x), atol=1e-4)
    assert float(abs(logits(plain, x) - much).max()) > 1e-2


def test_a_fresh_convolution_adds_nothing():
    fields = SMALL | {"vocabulary": 11}
    with_kernel = model.build(
        spec(**fields, recency="convolution"), Task(), jax.random.key(0), "float32"
    )
    layers = dict(model.parts(with_kernel)[1])
    assert (np.asarray(layers.pop("convolution")) == 0).all()
    inner = {f"layers.{name}": value for name, value in layers.items()}
    plain = model.Network(spec(**fields), model.parts(with_kernel)[0] | inner)
    x = jnp.asarray(documents())
    np.testing.assert_allclose(logits(with_kernel, x), logits(plain, x), atol=1e-6)


def test_every_weight_gets_a_gradient():
    network = build(**XGLM | {"momentum": 0.5, "recency": "convolution"})
    graph, params = nnx.split(network)

    def loss(weights):
        logits = nnx.merge(graph, weights)(jnp.asarray(documents()))
        return jax.nn.log_softmax(logits)[..., 3].mean()

    slopes = jax.tree_util.tree_leaves_with_path(jax.jit(jax.grad(loss))(params))
    assert len(slopes) == 20
    # The sum of keys' biases moves all scores of a query alike.
    still = [jax.tree_util.keystr(path) for path, slope in slopes if float(abs(slope).max()) < 1e-6]
    assert len(still) == 1
    assert "key_bias" in still[0]


def test_the_sinusoids_are_fairseq_s_table():
    table = sinusoids(8, 6)
    assert table.shape == (6, 8)
    np.testing.assert_allclose(table[0], [0, 0, 0, 0, 1, 1, 1, 1])
    slowest = 5 / 10000
    np.testing.assert_allclose(table[5, [3, 7]], [np.sin(slowest), np.cos(slowest)])
    np.testing.assert_allclose(table[5, [0, 4]], [np.sin(5), np.cos(5)])


def test_smollm2_has_its_published_number_of_weights():
    fields = {"width": 576, "heads": 9, "kv_heads": 3, "hidden": 1536}
    shape = validate(Decoder, {"name": "decoder", "layers": 30, **fields}, "paper.yaml")
    assert sum(map(math.prod, shapes(shape, 49152).values())) == 134_515_008


def test_the_specs_vocabulary_comes_before_the_tasks():
    assert build(**SMALL, vocabulary=20).embedding.shape == (20, 12)
    assert build(**SMALL).embedding.shape == (11, 12)
    with pytest.raises(
        ValueError, match=r"model\.vocabulary must be at least the task's 11, got 5"
    ):
        build(**SMALL, vocabulary=5)


def test_the_same_key_draws_the_same_weights_with_the_spec_s_deviations():
    first, again = (
        model.build(spec(**LLAMA, layers=4, vocabulary=4000), Task(), jax.random.key(0), "float32")
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.embedding[...], again.embedding[...])
    assert float(first.embedding[...].std()) == pytest.approx(0.4, rel=0.02)
    assert float(first.layers["down"][...].std()) == pytest.approx(0.4 / 8**0.5, rel=0.05)
    assert set(model.views(first)) == {"embedding"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"heads": 5}, "heads must divide width=24 where head_size is not set, got 5 (nearest: 4)"),
        ({"kv_heads": 4}, "kv_heads must divide heads=6, got 4 (nearest: 3)"),
        ({"head_size": 3}, "head_size must be even where positions are rotated, got 3"),
        ({"positions": "sinusoid", "width": 25, "heads": 5, "kv_heads": 5}, "(nearest: 26)"),
        ({"momentum": 1.0}, "momentum: input should be less than 1 (value: 1.0)"),
        ({"momentum": 0.0}, "momentum: input should be greater than 0 (value: 0.0)"),
        ({"momentum_scale": "matched"}, "momentum_scale needs momentum"),
        ({"positions": "rotary"}, 'positions: "rotary" is not valid'),
        ({"mlp": "gelo"}, "(did you mean 'gelu'?)"),
        ({"kv_head": 2}, "kv_head: unknown field (did you mean 'kv_heads'?)"),
    ],
)
def test_bad_values_are_named_with_the_nearest_valid_one(fields, said):
    with pytest.raises(ConfigError) as error:
        spec(**{**LLAMA, **fields})
    assert said in str(error.value)
