"""Splits, loss and metrics of modular addition against direct enumeration."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.pearce2023.spec import ModularAddition
from papers.pearce2023.tasks import modular_addition

STEP = jax.jit(jax.value_and_grad(modular_addition.loss, argnums=1), static_argnums=0)


def spec(**changes):
    base = {"name": "modular_addition", "modulus": 67, "train_fraction": 0.4}
    return ModularAddition(**(base | changes))


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("modulus", [2, 5, 12])
def test_pairs_are_enumerated_a_major(modulus, ordered):
    expected = [(a, b) for a in range(modulus) for b in range(modulus) if ordered or a <= b]
    found = modular_addition.pairs(spec(modulus=modulus, ordered=ordered))
    assert [tuple(row) for row in found.tolist()] == expected


@pytest.mark.parametrize(
    ("changes", "train", "test"),
    [
        ({"train_fraction": 0.4}, 911, 1367),
        ({"train_fraction": 0.3}, 683, 1595),
        ({"train_fraction": 0.7}, 1594, 684),
        ({"modulus": 113, "train_fraction": 0.3, "ordered": True}, 3830, 8939),
    ],
)
def test_published_split_sizes(changes, train, test):
    parts = modular_addition.splits(spec(**changes), seed=3)
    assert (len(parts["train"]["y"]), len(parts["test"]["y"])) == (train, test)


def test_split_is_the_legacy_permutation_and_a_partition():
    parts = modular_addition.splits(spec(), seed=165)
    every = [(a, b) for a in range(67) for b in range(a, 67)]
    order = np.random.RandomState(165).permutation(2278)
    assert parts["train"]["x"].tolist() == [list(every[i]) for i in order[:911]]
    assert parts["test"]["x"].tolist() == [list(every[i]) for i in order[911:]]
    for part in parts.values():
        assert part["y"].tolist() == [(a + b) % 67 for a, b in part["x"].tolist()]


@pytest.mark.parametrize(("scale", "divisor"), [("mean_over_classes", 4 * 67), ("sum", 1)])
def test_loss_is_the_cross_entropy_in_the_units_asked_for(scale, divisor):
    with jax.enable_x64(True):
        generator = np.random.default_rng(0)
        logits = generator.normal(size=(4, 67)) * 3
        answers = generator.integers(67, size=4)
        total = sum(
            math.log(sum(math.exp(z) for z in row)) - row[answer]
            for row, answer in zip(logits, answers, strict=True)
        )
        found = jax.jit(modular_addition.loss, static_argnums=0)(
            spec(loss_scale=scale), logits, {"y": answers}
        )
        assert float(found) == pytest.approx(total / divisor, rel=1e-13)


def test_small_summed_losses_and_their_gradients_survive_float32():
    """A margin of 30 at logits of size 100: far below the spacing of either logit."""
    task = spec(modulus=2, loss_scale="sum")
    logits = jax.numpy.asarray([[100.0, 70.0]], jax.numpy.float32)

    loss, gradient = STEP(task, logits, {"y": np.array([0])})
    assert float(loss) == pytest.approx(math.exp(-30), rel=1e-5)
    np.testing.assert_allclose(gradient, [[-math.exp(-30), math.exp(-30)]], rtol=1e-5)


def test_small_mean_losses_survive_float32():
    """A margin of 14 at logits of size 100, whose own spacing is ten times the loss exp(-14)."""
    logits = jax.numpy.asarray([[100.0, 86.0]], jax.numpy.float32)
    found = modular_addition.loss(spec(modulus=2), logits, {"y": np.array([0])})
    assert float(found) == pytest.approx(math.exp(-14) / 2, rel=0.1)


@pytest.mark.parametrize(("scale", "divisor"), [("mean_over_classes", 3 * 67), ("sum", 1)])
def test_gradient_is_probability_less_one_hot(scale, divisor):
    with jax.enable_x64(True):
        logits = np.random.default_rng(1).normal(size=(3, 67)) * 4
        answers = np.array([0, 5, 66])
        task = spec(loss_scale=scale)
        _, gradient = STEP(task, logits, {"y": answers})
        probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        probability[np.arange(3), answers] -= 1
        np.testing.assert_allclose(gradient, probability / divisor, rtol=1e-10, atol=1e-15)


def test_metrics_count_right_answers():
    logits = np.zeros((5, 3), np.float32)
    logits[np.arange(5), [0, 1, 2, 2, 1]] = 1
    batch = {"y": np.array([0, 1, 2, 0, 0])}
    found = modular_addition.metrics(spec(modulus=3), jax.numpy.asarray(logits), batch)
    assert set(found) == {"loss", "accuracy"}
    assert float(found["accuracy"]) == pytest.approx(0.6)


def test_summed_loss_and_gradient_keep_their_precision_in_float32():
    summed = spec(modulus=5, loss_scale="sum")
    logits = jnp.asarray([[30.0, 0.0, 1.0, -1.0, 0.5]], jnp.float32)
    batch = {"y": jnp.asarray([0])}
    others = np.exp(np.array([0.0, 1.0, -1.0, 0.5]) - 30.0)
    value, gradient = STEP(summed, logits, batch)
    np.testing.assert_allclose(value, np.log1p(others.sum()), rtol=1e-5)
    expected = [-others.sum() / (1 + others.sum()), *(others / (1 + others.sum()))]
    np.testing.assert_allclose(gradient[0], expected, rtol=1e-5)
