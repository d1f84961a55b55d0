"""Networks of linear, softmax and mesa layers: sizes, outputs, causality, weights, refusals."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from mesa_reference import linear_attend, mesa_attend, softmax_attend

from papers.vonoswald2023.models import mesa_transformer
from papers.vonoswald2023.models.mesa_parts import position_table
from papers.vonoswald2023.spec import MesaTransformer
from reprise.specs.errors import ConfigError, validate

LSA = {"heads": 4, "key_size": 20, "clip": 4.0, "init_deviation": 2e-4}
SOFTMAX = {"heads": 4, "key_size": 20, "width": 40, "positions": True}
NONLINEAR = SOFTMAX | {"width": 60, "mlp": 300, "normalized_keys": True}
PARTIAL = SOFTMAX | {"heads": 12, "width": 80}

TABLE = [
    (10, ["linear"], LSA | {"heads": 2}, 6_400),
    (10, ["linear"] * 2, LSA, 25_600),
    (10, ["linear"] * 4, LSA, 51_200),
    (10, ["linear"] * 6, LSA, 76_800),
    (10, ["linear"] * 6, LSA | {"key_size": 40}, 153_600),
    (10, ["mesa"], LSA, 12_804),
    (10, ["softmax"] * 7, SOFTMAX, 96_800),
    (10, ["softmax"] * 3, SOFTMAX, 45_600),
    (10, ["softmax", "mesa"], SOFTMAX | {"clip": 1.0}, 32_804),
    (10, ["linear", "mesa"], SOFTMAX | {"clip": 1.0}, 32_804),
    (10, ["mesa", "mesa"], SOFTMAX | {"clip": 1.0}, 32_808),
    (5, ["softmax"] * 7, PARTIAL, 576_800),
    (10, ["softmax"] * 7, NONLINEAR, 397_200),
    (10, ["softmax", "mesa"], NONLINEAR | {"clip": 15.0}, 121_204),
    (4, ["softmax"] * 7, SOFTMAX | {"key_size": 8, "width": 16}, 15_488),
    (60, ["softmax"] * 7, SOFTMAX | {"key_size": 120, "width": 240}, 3_484_800),
    (20, ["softmax"] * 2, LSA | {"heads": 1, "key_size": 40}, 25_600),
]
"""Observed dimensions, layers, sizes, and trained numbers as published (but for ``mesa, mesa``)."""


class Task(NamedTuple):
    token_dims: int
    target_dims: int


def spec(layers, **fields):
    data = {"name": "mesa_transformer", "layers": layers, **fields}
    return validate(MesaTransformer, data, "paper.yaml")


def build(layers, dims=3, outputs=3, key=0, dtype="float32", **fields):
    task = Task(dims, outputs)
    return mesa_transformer.build(spec(layers, **fields), task, jax.random.key(key), dtype)


def weights(part):
    return np.asarray(part.weight[...], float)


def grown(network, factor):
    """The same network with larger weights, so that every part matters."""
    graph, state = nnx.split(network)
    return nnx.merge(graph, jax.tree.map(lambda x: x * factor, state))


def expected_attention(attention, h, kind, lam, positions, normalized):
    located = np.hstack([h, position_table(*h.shape)]) if positions else h
    q, k = (located @ weights(part) for part in (attention.query, attention.key))
    v = h @ weights(attention.value)
    size, found = q.shape[1] // attention.heads, []
    for head in range(attention.heads):
        one_q, one_k, one_v = (x[:, size * head : size * (head + 1)] for x in (q, k, v))
        if normalized:
            one_q = one_q / np.linalg.norm(one_q, axis=1, keepdims=True)
            one_k = one_k / np.linalg.norm(one_k, axis=1, keepdims=True)
        attend = {"linear": linear_attend, "softmax": softmax_attend}.get(kind)
        found.append(
            attend(one_q, one_k, one_v) if attend else mesa_attend(one_q, one_k, one_v, lam)
        )
    return np.hstack(found) @ weights(attention.out)


def normed(h, norms, number):
    if not norms:
        return h
    gain, bias = np.asarray(norms[number].gain[...]), np.asarray(norms[number].bias[...])
    centred = h - h.mean(axis=1, keepdims=True)
    return gain * centred / np.sqrt(h.var(axis=1, keepdims=True) + 1e-5) + bias


def expected_outputs(network, x, shape, outputs):
    """Forecasts of a network, sequence by sequence, head by head, token by token."""
    rows = []
    for h in x:
        if network.maps:
            h = h @ weights(network.maps[0])
        for number, (kind, layer) in enumerate(zip(shape.layers, network.layers, strict=True)):
            first = number == 0
            h = h + expected_attention(
                layer.attention,
                normed(h, layer.norms, 0),
                kind,
                shape.initial_lambda,
                shape.positions and first,
                shape.normalized_keys and not first,
            )
            if layer.mlp:
                hidden = normed(h, layer.norms, 1) @ weights(layer.mlp[0])
                bend = np.tanh(np.sqrt(2 / np.pi) * (hidden + 0.044715 * hidden**3))
                h = h + 0.5 * hidden * (1 + bend) @ weights(layer.mlp[1])
            h = np.clip(h, -(shape.clip or np.inf), shape.clip or np.inf)
        h = normed(h, network.norm, 0)
        rows.append(h @ weights(network.maps[1]) if network.maps else h[:, :outputs])
    return np.array(rows)


@pytest.mark.parametrize(("dims", "layers", "fields", "numbers"), TABLE)
def test_sizes_are_the_published_ones(dims, layers, fields, numbers):
    shapes = nnx.eval_shape(
        lambda: build(layers, dims if "width" in fields else 4 * dims, dims, **fields)
    )
    assert sum(leaf.size for leaf in jax.tree.leaves(nnx.state(shapes, nnx.Param))) == numbers


@pytest.mark.parametrize(
    ("layers", "fields"),
    [
        (["linear"], {"key_size": 4}),
        (["linear", "linear"], {"key_size": 4, "clip": 0.9}),
        (["mesa"], {"key_size": 2, "initial_lambda": 3.0}),
        (["softmax", "mesa"], {"width": 8, "positions": True, "clip": 1.0}),
        (["linear", "mesa"], {"width": 8, "positions": True, "positive_lambda": True}),
        (["mesa", "mesa"], {"width": 7, "key_size": 3, "positions": True, "initial_lambda": 2.0}),
        (["softmax", "linear"], {"width": 8, "mlp": 12, "layer_norm": True, "clip": 1.0}),
        (
            ["softmax", "softmax", "mesa"],
            {"width": 8, "mlp": 12, "normalized_keys": True, "positions": True},
        ),
    ],
)
def test_outputs_are_those_of_plain_loops(layers, fields):
    fields = {"heads": 2, "init_deviation": 0.4, **fields}
    with jax.enable_x64(True):
        network = build(layers, dtype="float64", **fields)
        x = np.random.default_rng(0).normal(size=(2, 18, 3))
        found = jax.jit(network)(jnp.asarray(x))
        expected = expected_outputs(network, x, spec(layers, **fields), 3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("kind", ["linear", "softmax", "mesa"])
def test_no_token_sees_a_later_one(kind):
    network = build(["softmax", kind], heads=2, width=8, positions=True, init_deviation=0.3)
    x = jax.random.normal(jax.random.key(1), (1, 7, 3))
    seen = jax.jit(jax.jacrev(lambda x: network(x)[0].sum(-1)))(x)[:, 0]
    reach = np.abs(np.asarray(seen)).max(axis=-1) > 0
    np.testing.assert_array_equal(reach, np.tril(np.ones((7, 7), bool)))


def test_positions_are_sines_and_cosines_also_of_odd_widths():
    table = position_table(30, 5)
    for position in (0, 1, 29):
        for feature in range(5):
            angle = position / 10000 ** ((feature - feature % 2) / 5)
            expected = np.cos(angle) if feature % 2 else np.sin(angle)
            assert table[position, feature] == pytest.approx(expected, abs=1e-13)


def test_the_stream_is_cut_after_every_layer():
    network = grown(build(["softmax", "linear"], heads=2, width=8, clip=0.5), 30)
    streams = jax.jit(network.streams)(jax.random.normal(jax.random.key(1), (4, 9, 3)))
    assert [bool(np.abs(h).max() > 0.5) for h in streams] == [True, False, False]
    assert np.abs(streams[1]).max() == 0.5


def test_initial_weights():
    network = build(["linear"] * 2 + ["mesa"], 40, 10, **LSA | {"initial_lambda": 2.0})
    state = nnx.to_pure_dict(nnx.state(network, nnx.Param))
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        if jax.tree_util.keystr(path, simple=True, separator=".").endswith("raw_lambda"):
            np.testing.assert_array_equal(leaf, np.full(4, 2.0))
            continue
        assert np.std(leaf) == pytest.approx(2e-4, rel=0.06)
        assert abs(np.mean(leaf)) < 4 * 2e-4 / np.sqrt(leaf.size)


def test_a_positive_lambda_starts_at_its_initial_value():
    network = build(["mesa"], heads=2, key_size=3, initial_lambda=2.5, positive_lambda=True)
    np.testing.assert_allclose(network.layers[0].attention.lam, [2.5, 2.5], rtol=1e-6)
    assert (grown(network, -3.0).layers[0].attention.lam > 0).all()


def test_views_are_the_products_that_attention_depends_on():
    with jax.enable_x64(True):
        network = build(["linear"], heads=2, key_size=4, init_deviation=0.5, dtype="float64")
        shown = mesa_transformer.views(network)
        x = np.random.default_rng(0).normal(size=(6, 3))
        expected = x.copy()
        for kq, pv in zip(shown["KQ_1"], shown["PV_1"], strict=True):
            expected += linear_attend(x @ kq.T, x, x @ pv.T)
        np.testing.assert_allclose(jax.jit(network)(x[None])[0], expected, atol=1e-12)


def test_names_and_shapes_of_views():
    network = build(["softmax", "mesa"], heads=2, width=8, positions=True)
    shapes = {name: value.shape for name, value in mesa_transformer.views(network).items()}
    assert shapes == {
        "KQ_1": (2, 16, 16),
        "PV_1": (2, 8, 8),
        "KQ_2": (2, 8, 8),
        "PV_2": (2, 8, 8),
        "lambda_2": (2,),
        "W_read_in": (3, 8),
        "W_read_out": (8, 3),
    }


def test_tensors_come_from_separate_keys_and_repeat():
    first, again, other = (build(["softmax"] * 2, heads=2, width=8, key=n) for n in (7, 7, 8))
    tensors = [
        np.ravel(part.weight[...])
        for layer in first.layers
        for part in (layer.attention.query, layer.attention.key, layer.attention.value)
    ]
    off = np.corrcoef(tensors)[~np.eye(6, dtype=bool)]
    assert np.abs(off).max() < 0.5
    x = jax.random.normal(jax.random.key(1), (2, 4, 3))
    outputs, repeated, others = (_called(net, x) for net in (first, again, other))
    np.testing.assert_array_equal(outputs, repeated)
    assert not np.allclose(outputs, others)


@jax.jit
def _called(network, x):
    return network(x)


@pytest.mark.parametrize(
    ("layers", "fields", "words"),
    [
        (["linear", "messa"], {"key_size": 4}, r"layers\.1: \"messa\".*did you mean 'mesa'"),
        ([], {"key_size": 4}, r"layers: .*at least 1 item"),
        (["mesa"], {"key_size": 4, "initial_lambda": -1.0}, "initial_lambda: .*greater than 0"),
        (["mesa"], {"key_size": 4, "clip": 0.0}, "clip: .*greater than 0"),
        (["mesa"], {"width": 40, "heads": 7}, r"heads must divide width=40.*got 7 \(nearest: 8\)"),
        (["mesa"], {}, "key_size must be set where width is not"),
        (["mesa"], {"key_size": 4, "initial_lamda": 1.0}, "did you mean 'initial_lambda'"),
    ],
)
def test_refusals_name_the_field_and_the_nearest_choice(layers, fields, words):
    with pytest.raises(ConfigError, match=words):
        spec(layers, **{"heads": 2, **fields})
