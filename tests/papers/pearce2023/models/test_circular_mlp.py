"""The five-neuron network on the frozen circle."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from papers.pearce2023.models import circular_mlp
from papers.pearce2023.spec import CircularMLP, ModularAddition
from papers.pearce2023.tasks import modular_addition

TASK = ModularAddition(name="modular_addition", modulus=67, train_fraction=0.3)
SPEC = CircularMLP(name="circular_mlp", hidden=5)


def test_embedding_is_a_circle_of_unit_columns():
    embed = circular_mlp.circular_embedding(67)
    for i in (0, 1, 13, 66):
        angle = 2 * np.pi * i / 67
        expected = np.sqrt(2 / 67) * np.array([np.cos(angle), np.sin(angle)])
        np.testing.assert_allclose(embed[i], expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(np.linalg.norm(embed, axis=0), 1, rtol=1e-15)


def test_twenty_parameters_and_views():
    network = circular_mlp.build(SPEC, TASK, jax.random.key(0), "float32")
    assert sum(leaf.size for leaf in jax.tree.leaves(nnx.state(network, nnx.Param))) == 20
    shown = circular_mlp.views(network)
    assert {name: value.shape for name, value in shown.items()} == {
        "W_in_proj": (2, 5),
        "W_out_proj": (5, 2),
    }


def test_logits_equal_the_one_hot_network():
    with jax.enable_x64(True):
        network = circular_mlp.build(SPEC, TASK, jax.random.key(3), "float64")
        x = modular_addition.pairs(TASK)[::50]
        embed = circular_mlp.circular_embedding(67)
        hidden, out = (
            np.asarray(circular_mlp.views(network)[k]) for k in ("W_in_proj", "W_out_proj")
        )
        expected = np.stack(
            [np.maximum((embed[a] + embed[b]) @ hidden, 0) @ out @ embed.T for a, b in x]
        )
        np.testing.assert_allclose(network(jnp.asarray(x)), expected, rtol=1e-12, atol=1e-15)


def test_constructed_solution_is_right_on_every_pair():
    """Directions 2 pi i / 5 in, twice the angle out (appendix of the article)."""
    angle = 2 * np.pi * np.arange(5) / 5
    network = circular_mlp.Network(
        np.stack([np.cos(angle), np.sin(angle)]),
        np.stack([np.cos(2 * angle), np.sin(2 * angle)], axis=1),
        67,
    )
    ordered = TASK.model_copy(update={"ordered": True})
    x = modular_addition.pairs(ordered)
    batch = {"x": x, "y": x.sum(axis=1) % 67}
    assert (
        float(modular_addition.metrics(ordered, network(jnp.asarray(x)), batch)["accuracy"]) == 1.0
    )
