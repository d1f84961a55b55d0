"""The modular network: published known answer, one-hot equivalence, shapes of every variant."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from papers.pearce2023.models import modular_mlp
from papers.pearce2023.spec import ModularAddition, ModularMLP
from papers.pearce2023.tasks import modular_addition

FLAGS = ("tied_embed", "tied_in_projection", "collapsed_in", "collapsed_out")
VARIANTS = [
    dict(zip(FLAGS, flags, strict=True)) for flags in itertools.product([True, False], repeat=4)
]
TASK = ModularAddition(name="modular_addition", modulus=67, train_fraction=0.4)
MAIN = ModularMLP(name="modular_mlp", embed=500, hidden=24)


def parameters(network):
    return nnx.state(network, nnx.Param)


def leaves(network):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(parameters(network))]


def published_tensors(seed):
    """E, H and O as the published notebook draws them, in its own order of key splits."""
    key = jax.random.split(jax.random.PRNGKey(seed), 2)[1]
    layout = [
        ((67, 500), np.float32, np.sqrt(2 / 67) / 0.87962566103423978),
        ((500, 24), np.float64, 500**-0.5),
        ((24, 500), np.float64, 24**-0.5),
    ]
    tensors = []
    for shape, dtype, sigma in layout:
        key, sub = jax.random.split(key)
        tensors.append(jax.random.truncated_normal(sub, -2, 2, shape, dtype) * dtype(sigma))
    return tensors


def test_known_answer_of_seed_165():
    """Step 0 of the log stored with the published notebook."""
    with jax.enable_x64(True), jax.threefry_partitionable(False):
        embed, hidden, out = published_tensors(165)
        np.testing.assert_allclose(embed[0, :3], [0.3504858, 0.1031900, -0.1498071], rtol=1e-6)
        norms = [float(jnp.linalg.norm(tensor)) for tensor in (embed, hidden, out)]
        np.testing.assert_allclose(norms, [31.67481, 4.322393, 19.495013], rtol=2e-7)

        network = modular_mlp.Network(embed, in_projection=hidden, out_projection=out)
        splits = modular_addition.splits(TASK, 165)
        optimizer = optax.adamw(1e-3, b1=0.9, b2=0.98, weight_decay=1.0)
        graph, params = nnx.split(network)

        def loss(values, batch):
            return modular_addition.loss(TASK, nnx.merge(graph, values)(batch["x"]), batch)

        before, gradient = jax.jit(jax.value_and_grad(loss))(params, splits["train"])
        assert float(before) == pytest.approx(0.0651884832, abs=5e-11)

        @jax.jit
        def updated(params, gradient, splits):
            updates, _ = optimizer.update(gradient, optimizer.init(params), params)
            params = optax.apply_updates(params, updates)
            trained = nnx.merge(graph, params)
            found = {
                name: modular_addition.metrics(TASK, trained(batch["x"]), batch)
                for name, batch in splits.items()
            }
            return params, found

        params, found = updated(params, gradient, splits)
        assert float(found["test"]["loss"]) == pytest.approx(0.0643652, abs=5e-8)
        assert round(float(found["train"]["accuracy"]) * 911) == 16
        assert round(float(found["test"]["accuracy"]) * 1367) == 21
        values = np.concatenate([np.asarray(leaf).ravel() for leaf in jax.tree.leaves(params)])
        assert np.abs(values).sum() == pytest.approx(6898.158, abs=5e-4)
        assert np.linalg.norm(values) == pytest.approx(37.386533, abs=5e-7)


@pytest.mark.parametrize(
    "flags", VARIANTS, ids=lambda flags: "".join("FT"[v] for v in flags.values())
)
def test_gathered_rows_equal_the_one_hot_network(flags):
    """Per example, with explicit one-hot vectors and no shared products."""
    task = ModularAddition(name="modular_addition", modulus=11, train_fraction=0.5, ordered=True)
    with jax.enable_x64(True):
        spec = ModularMLP(name="modular_mlp", embed=6, hidden=6, **flags)
        network = modular_mlp.build(spec, task, jax.random.key(4), "float64")
        tensor = {
            name: None
            if getattr(network, name) is None
            else np.asarray(getattr(network, name)[...])
            for name in ("embed", "in_projection", "in_projection_b", "out_projection", "unembed")
        }
        x = modular_addition.pairs(task)
        found = np.asarray(network(jnp.asarray(x)))
        for row, (a, b) in zip(found, x, strict=True):
            hidden = np.zeros(6)
            for number, projection in ((a, "in_projection"), (b, "in_projection_b")):
                embedded = np.eye(11)[number] @ tensor["embed"]
                if not flags["collapsed_in"]:
                    other = tensor[projection]
                    embedded = embedded @ (tensor["in_projection"] if other is None else other)
                hidden = hidden + embedded
            hidden = np.where(hidden > 0, hidden, 0)
            if not flags["collapsed_out"]:
                hidden = hidden @ tensor["out_projection"]
            unembed = tensor["embed"].T if flags["tied_embed"] else tensor["unembed"]
            np.testing.assert_allclose(row, hidden @ unembed, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "flags", VARIANTS, ids=lambda flags: "".join("FT"[v] for v in flags.values())
)
def test_every_variant_has_its_tensors_and_learns(flags):
    spec = ModularMLP(name="modular_mlp", embed=32, hidden=32, **flags)
    network = modular_mlp.build(spec, TASK, jax.random.key(0), "float32")
    expected = 67 * 32
    expected += 0 if spec.collapsed_in else 32 * 32 * (1 if spec.tied_in_projection else 2)
    expected += 0 if spec.collapsed_out else 32 * 32
    expected += 0 if spec.tied_embed else 32 * 67
    assert sum(leaf.size for leaf in leaves(network)) == expected

    batch = jax.tree.map(jnp.asarray, modular_addition.splits(TASK, 0)["train"])
    graph, params = nnx.split(network)

    def loss(values):
        return modular_addition.loss(TASK, nnx.merge(graph, values)(batch["x"]), batch)

    gradient = jax.grad(loss)(params)
    assert all(np.abs(np.asarray(leaf)).max() > 0 for leaf in jax.tree.leaves(gradient))
    stepped = jax.tree.map(lambda p, g: p - 0.5 * g, params, gradient)
    assert loss(stepped) < loss(params)


def test_main_network_has_57500_parameters_and_3216_products():
    network = modular_mlp.build(MAIN, TASK, jax.random.key(0), "float32")
    assert sum(leaf.size for leaf in leaves(network)) == 57_500
    shown = modular_mlp.views(network)
    assert {name: value.shape for name, value in shown.items()} == {
        "W_input": (67, 24),
        "W_output": (24, 67),
    }
    np.testing.assert_allclose(
        shown["W_input"], network.embed[...] @ network.in_projection[...], rtol=1e-6
    )


def test_separate_in_projection_is_a_view_of_its_own():
    spec = MAIN.model_copy(update={"tied_in_projection": False})
    network = modular_mlp.build(spec, TASK, jax.random.key(0), "float32")
    shown = modular_mlp.views(network)
    assert shown["W_input_b"].shape == (67, 24)
    assert not np.allclose(shown["W_input_b"], shown["W_input"])


def test_wide_collapsed_output_is_a_free_matrix():
    spec = ModularMLP(name="modular_mlp", embed=40, hidden=24, collapsed_out=True)
    network = modular_mlp.build(spec, TASK, jax.random.key(0), "float32")
    assert network.unembed[...].shape == (24, 67)


def test_initial_scales():
    """Real standard deviations: corrected for E, uncorrected for H and O; cut at two sigma."""
    network = modular_mlp.build(MAIN, TASK, jax.random.key(1), "float32")
    for tensor, deviation, cut in [
        (network.embed, np.sqrt(2 / 67), 2 * np.sqrt(2 / 67) / 0.8796256610342398),
        (network.in_projection, 0.8796256610342398 / np.sqrt(500), 2 / np.sqrt(500)),
        (network.out_projection, 0.8796256610342398 / np.sqrt(24), 2 / np.sqrt(24)),
    ]:
        values = np.asarray(tensor[...])
        assert values.std() == pytest.approx(deviation, rel=0.02)
        assert 0.99 * cut < np.abs(values).max() <= cut * (1 + 1e-6)


def test_tensors_come_from_separate_keys_and_repeat():
    first = modular_mlp.build(MAIN, TASK, jax.random.key(7), "float32")
    again = modular_mlp.build(MAIN, TASK, jax.random.key(7), "float32")
    other = modular_mlp.build(MAIN, TASK, jax.random.key(8), "float32")
    for one, two, three in zip(leaves(first), leaves(again), leaves(other), strict=True):
        np.testing.assert_array_equal(one, two)
        assert not np.array_equal(one, three)
    hidden, out = np.asarray(first.in_projection[...]), np.asarray(first.out_projection[...])
    correlation = np.corrcoef(hidden.ravel(), out.ravel())[0, 1]
    assert abs(correlation) < 0.05
