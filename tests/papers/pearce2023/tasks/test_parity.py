"""Tests of the parity task against the article's examples, closed forms and counting."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.pearce2023.spec import Parity
from papers.pearce2023.tasks import parity

FIXED = Parity(name="parity", train_size=1200)
FRESH = Parity(name="parity", train_size=None, batch_size=4096)


@pytest.mark.parametrize(
    ("digits", "label"),
    [("000110010110001010111001001011", 0), ("010110010110001010111001001011", 1)],
)
def test_the_articles_two_examples(digits, label):
    batch = parity.encode(FIXED, np.array([[int(digit) for digit in digits]]))
    assert batch["y"].tolist() == [label]
    assert batch["x"].tolist() == [[float(digit) for digit in digits] + [1.0]]


def test_splits_have_the_stated_shapes_and_a_constant_last_input():
    for name, size in {"train": 1200, "test": 5000}.items():
        batch = parity.splits(FIXED, 3)[name]
        assert batch["x"].shape == (size, 31) and batch["x"].dtype == np.float32
        assert batch["y"].shape == (size,) and batch["y"].dtype == np.int32
        assert (batch["x"][:, 30] == 1).all()
        assert set(np.unique(batch["x"][:, :30])) == {0.0, 1.0}


def test_labels_are_the_exclusive_or_of_the_relevant_bits():
    batch = parity.splits(FIXED, 0)["test"]
    bits = batch["x"].astype(int)
    np.testing.assert_array_equal(batch["y"], bits[:, 0] ^ bits[:, 1] ^ bits[:, 2])


def test_bits_are_fair_and_independent_of_the_label_and_of_each_other():
    batch = parity.splits(Parity(name="parity", train_size=20_000), 1)["train"]
    columns = np.column_stack([batch["x"][:, :30], batch["y"]])
    # Five standard deviations at 20,000 draws, over 31 means and 465 correlations.
    assert np.abs(columns.mean(0) - 0.5).max() < 5 * 0.5 / np.sqrt(20_000)
    correlations = np.corrcoef(columns, rowvar=False)[np.triu_indices(31, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(20_000)


def test_train_and_test_share_no_sequence():
    split = parity.splits(FIXED, 7)
    train, test = (set(map(bytes, split[name]["x"].astype(np.uint8))) for name in split)
    assert len(train) == 1200 and len(test) == 5000 and not train & test


def test_splits_depend_on_the_seed_alone():
    same = [parity.splits(FIXED, 5)["train"]["x"] for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert (same[0] != parity.splits(FIXED, 6)["train"]["x"]).mean() > 0.4


def test_sizes_are_nested_and_share_the_test_set():
    small, large = (parity.splits(Parity(name="parity", train_size=n), 2) for n in (750, 1750))
    np.testing.assert_array_equal(small["train"]["x"], large["train"]["x"][:750])
    np.testing.assert_array_equal(small["test"]["x"], large["test"]["x"])


def test_fresh_batches_follow_their_key():
    first, again, other = (parity.sample(FRESH, jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["x"], again["x"])
    assert (first["x"] != other["x"]).mean() > 0.4
    assert first["x"].shape == (4096, 31) and first["x"].dtype == jnp.float32
    bits = np.asarray(first["x"]).astype(int)
    np.testing.assert_array_equal(first["y"], bits[:, 0] ^ bits[:, 1] ^ bits[:, 2])
    assert (bits[:, 30] == 1).all()


def test_fresh_training_data_leaves_the_fixed_test_data():
    fixed = parity.splits(Parity(name="parity", train_size=10), 3)
    assert set(parity.splits(FRESH, 3)) == {"test"}
    np.testing.assert_array_equal(parity.splits(FRESH, 3)["test"]["x"], fixed["test"]["x"])


def test_fixed_data_refuses_to_draw():
    with pytest.raises(ValueError, match="fixed training data"):
        parity.sample(FIXED, jax.random.key(0))


def test_loss_is_the_binary_cross_entropy():
    logits = np.random.default_rng(0).normal(size=100) * 3
    labels = np.random.default_rng(1).integers(0, 2, 100)
    expected = np.logaddexp(0, np.where(labels == 1, -logits, logits)).mean()
    found = parity.loss(FIXED, jnp.asarray(logits, jnp.float32), {"y": labels})
    np.testing.assert_allclose(found, expected, rtol=2e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_loss_floor_of_float32_is_two_to_the_minus_23(compiled):
    batch = {"y": np.arange(1250) % 2}
    logits = jnp.where(batch["y"] == 1, 60.0, -60.0).astype(jnp.float32)
    loss = jax.jit(parity.loss, static_argnums=0) if compiled else parity.loss
    floor = np.float32(2**-23)
    assert float(loss(FIXED, logits, batch)) in {
        float(floor), float(np.nextafter(floor, np.float32(1)))
    }  # fmt: skip


def test_examples_beyond_the_clip_have_no_gradient_and_a_bounded_loss():
    batch = {"y": np.array([1, 0])}
    gradient = jax.grad(lambda z: parity.loss(FIXED, z, batch))
    assert gradient(jnp.array([60.0, -60.0])).tolist() == [0.0, 0.0]
    assert gradient(jnp.array([-60.0, 60.0])).tolist() == [0.0, 0.0]
    wrong = float(parity.loss(FIXED, jnp.array([-60.0, 60.0]), batch))
    # -log(1e-7) = 16.118; in float32 the upper clip is 1 - 2**-23, whose loss is 15.942.
    assert wrong == pytest.approx((-np.log(1e-7) - np.log(2**-23)) / 2, abs=1e-5)


def test_gradient_inside_the_clip_is_probability_minus_label():
    logits, labels = jnp.array([0.3, -2.0, 4.0, -1.0]), np.array([1, 1, 0, 0])
    found = jax.grad(lambda z: parity.loss(FIXED, z, {"y": labels}))(logits)
    expected = (1 / (1 + np.exp(-np.asarray(logits))) - labels) / 4
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_accuracy_counts_signs_and_calls_zero_even():
    outputs, batch = jnp.array([2.0, -1.0, 0.0, 3.0]), {"y": np.array([1, 1, 0, 0])}
    found = parity.metrics(FIXED, outputs, batch)
    assert set(found) == {"loss", "accuracy"}
    assert float(found["accuracy"]) == 0.5
    assert float(found["loss"]) == float(parity.loss(FIXED, outputs, batch))
