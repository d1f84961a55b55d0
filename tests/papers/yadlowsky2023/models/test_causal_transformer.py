"""The causal transformer: size, function, gradients, initial weights, refusals."""

from unittest.mock import Mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import transformer_reference as reference
from flax import nnx
from pydantic import ValidationError

from papers.shared import attention
from papers.yadlowsky2023.models import causal_transformer
from papers.yadlowsky2023.models import gpt2_blocks as blocks
from papers.yadlowsky2023.spec import CausalTransformer, FunctionMixture


def task(dims=3, pairs=9):
    return FunctionMixture.model_validate(
        {
            "name": "function_mixture",
            "classes": {"dense": {"kind": "dense"}},
            "weights": {"dense": 1.0},
            "batch_size": 4,
            "dims": dims,
            "pairs": pairs,
        }
    )


def spec(**changes):
    small = {"name": "causal_transformer", "layers": 2, "heads": 2, "width": 8}
    return CausalTransformer.model_validate(small | changes)


def build(key=0, dtype="float32", dims=3, pairs=9, **changes):
    return causal_transformer.build(spec(**changes), task(dims, pairs), jax.random.key(key), dtype)


def tensors(network):
    """Nested dictionaries of float64 arrays, moved away from their special initial values."""
    rng = np.random.default_rng(5)
    state = nnx.to_pure_dict(nnx.state(network, nnx.Param))
    return jax.tree.map(lambda x: np.asarray(x) + 0.2 * rng.normal(size=x.shape), state)


def with_tensors(network, values):
    graph, state = nnx.split(network)
    nnx.replace_by_pure_dict(state, jax.tree.map(jnp.asarray, values))
    return nnx.merge(graph, state)


def expected_outputs(values, x, heads):
    positions = values["positions"]
    rows = []
    for sequence in x:
        h = np.array([reference.linear(t, values["read_in"]) for t in sequence])
        h = h + positions[: len(sequence)]
        parts = [values["blocks"][n] for n in sorted(values["blocks"])]
        h = reference.blocks(h, parts, heads, [range(i + 1) for i in range(len(h))])
        rows.append(
            [
                reference.linear(reference.norm(row, values["norm"]), values["read_out"])[0]
                for row in h
            ]
        )
    return np.array(rows)


def count(layers, width, dims, positions):
    block = 12 * width**2 + 13 * width
    return layers * block + 2 * width + positions * width + (dims + 1) * width + (width + 1)


@pytest.mark.parametrize(
    ("layers", "heads", "width", "dims", "positions", "near"),
    [
        (12, 8, 256, 20, 202, 9.5e6),
        (6, 4, 128, 20, 202, 1.2e6),
        (3, 2, 64, 20, 202, 0.16e6),
        (4, 4, 64, 8, 34, 0.20e6),
    ],
)
def test_sizes_of_garg_et_al(layers, heads, width, dims, positions, near):
    """Standard, Small and Tiny of Garg et al. 2022 (positions 202), and the two-core setting."""
    sized = spec(layers=layers, heads=heads, width=width, positions=positions)
    shapes = nnx.eval_shape(
        lambda: causal_transformer.build(sized, task(dims, 17), jax.random.key(0), "float32")
    )
    found = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(shapes, nnx.Param)))
    assert found == count(layers, width, dims, positions)
    assert found == pytest.approx(near, rel=0.05)


@pytest.mark.parametrize(("tokens", "layers"), [(6, 2), (18, 2), (18, 1), (18, 4)])
def test_outputs_are_those_of_a_plain_transformer(tokens, layers):
    """Both attention forms, sequences shorter than the positions, one layer or more."""
    with jax.enable_x64(True):
        network = build(dtype="float64", layers=layers)
        values = tensors(network)
        x = np.random.default_rng(0).normal(size=(attention.LANES, tokens, 3))
        found = jax.jit(with_tensors(network, values))(jnp.asarray(x))
        expected = expected_outputs(values, x, 2)[:, ::2]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_no_token_sees_a_later_one():
    network = build()
    x = jax.random.normal(jax.random.key(1), (1, 18, 3))
    seen = jax.jit(jax.jacrev(lambda x: network(x)[0]))(x)[:, 0]
    reach = np.abs(np.asarray(seen)).max(axis=-1) > 0
    np.testing.assert_array_equal(reach, np.tril(np.ones((18, 18), bool))[::2])


def test_gradients_are_those_of_autodiff(monkeypatch):
    """The whole network, whose maps, GELU and attention have backward passes of their own."""
    plain_gelu = lambda x: jax.nn.gelu(x, approximate=True)  # noqa: E731
    plain_affine = lambda w, b, x: w.T @ x + b[:, None]  # noqa: E731
    fast = Mock(wraps=attention.causal_lanes)
    monkeypatch.setattr(attention, "causal_lanes", fast)
    with jax.enable_x64(True):
        network = build(dtype="float64")
        network = with_tensors(network, tensors(network))
        graph, state = nnx.split(network)
        x = jax.random.normal(jax.random.key(1), (attention.LANES, 18, 3), "float64")

        def loss(state, x):
            return (nnx.merge(graph, state)(x) ** 2).sum()

        found = jax.jit(jax.grad(loss, argnums=(0, 1)))(state, x)
        calls = fast.call_count
        assert calls, "attention has no backward pass of its own here"
        monkeypatch.setattr(blocks, "gelu", plain_gelu)
        monkeypatch.setattr(blocks, "affine", plain_affine)
        monkeypatch.setattr(attention, "LANE_TOKENS", (1000, 0))
        expected = jax.jit(jax.grad(lambda *a: loss(*a), argnums=(0, 1)))(state, x)
        assert fast.call_count == calls
        for one, two in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            assert np.abs(np.asarray(two)).max() > 0.01
            np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("initial", "read_in", "qkv", "out", "down"),
    [
        ("gpt2", 0.02, 0.02, 0.02 / np.sqrt(16), 0.02 / np.sqrt(16)),
        ("lecun", 1 / np.sqrt(20), 1 / 8, 1 / 8, 1 / 16),
    ],
)
def test_initial_weights(initial, read_in, qkv, out, down):
    network = build(width=64, layers=8, pairs=50, dims=20, initial=initial)
    block = network.blocks[3]
    for tensor, deviation in [
        (network.read_in.weight, read_in),
        (network.positions, 0.02),
        (block.qkv.weight, qkv),
        (block.up.weight, qkv),
        (block.out.weight, out),
        (block.down.weight, down),
    ]:
        values = np.asarray(tensor[...])
        assert values.std() == pytest.approx(deviation, rel=0.06)
        assert abs(values.mean()) < 4 * deviation / np.sqrt(values.size)
    state = nnx.to_pure_dict(nnx.state(network, nnx.Param))
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        name = jax.tree_util.keystr(path, simple=True, separator=".").rpartition(".")[2]
        if name in ("gain", "bias"):
            np.testing.assert_array_equal(leaf, np.full_like(leaf, name == "gain"))


def test_maps_are_stored_as_in_by_out():
    """Muon takes the first axis for the input's, and scales its steps by the ratio of the two."""
    network = build()
    block = network.blocks[0]
    maps = (network.read_in, block.qkv, block.out, block.up, block.down, network.read_out)
    shapes = [tuple(part.weight.shape) for part in maps]
    assert shapes == [(3, 8), (8, 24), (8, 8), (8, 32), (32, 8), (8, 1)]


def test_tensors_come_from_separate_keys_and_repeat():
    first, again, other = (jax.jit(build(key=key)) for key in (7, 7, 8))
    weights = [np.asarray(b.qkv.weight[...]).ravel() for b in build(key=7).blocks]
    assert abs(np.corrcoef(weights)[0, 1]) < 0.3
    x = np.random.default_rng(1).normal(size=(2, 4, 3)).astype(np.float32)
    np.testing.assert_array_equal(first(x), again(x))
    assert not np.allclose(first(x), other(x))


def test_views_show_what_is_read_and_written():
    shown = causal_transformer.views(build())
    assert {name: value.shape for name, value in shown.items()} == {
        "W_read_in": (3, 8),
        "positions": (18, 8),
        "W_read_out": (8,),
    }


def test_refusals_name_the_field():
    with pytest.raises(ValidationError, match=r"heads must divide width=8, got 3 \(nearest: 2\)"):
        spec(heads=3)
    with pytest.raises(ValueError, match="positions=18 are fewer than 19 tokens"):
        build()(jnp.zeros((1, 19, 3)))
    assert build(positions=40).positions[...].shape == (40, 8)
