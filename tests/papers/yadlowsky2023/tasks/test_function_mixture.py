"""The mixture task: layout of tokens, mixing by weight, stratified test data, losses."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from papers.yadlowsky2023.spec import (
    Convex,
    Dense,
    FunctionMixture,
    Law,
    Line,
    Opening,
    Ramp,
    Relu,
    Sine,
    Sparse,
)
from papers.yadlowsky2023.tasks import function_mixture as task

LINEAR = FunctionMixture(
    name="function_mixture",
    dims=8,
    pairs=17,
    batch_size=2000,
    test_size=50,
    classes={"dense": Dense(kind="dense"), "sparse": Sparse(kind="sparse", nonzeros=2)},
    weights={"dense": 0.2, "sparse": None},
)
CURVES = FunctionMixture(
    name="function_mixture",
    dims=1,
    pairs=21,
    batch_size=64,
    test_size=40,
    classes={
        "line": Line(),
        "sine": Sine(),
        "both": Convex(kind="convex", alpha=Law(fixed=0.5)),
    },
    weights={"line": 0.5, "sine": 0.5, "both": 0.0},
)
NETWORKS = LINEAR.model_copy(
    update={
        "classes": {"relu": Relu(kind="relu", hidden=10), "dense": Dense(kind="dense")},
        "weights": {"relu": 0.5, "dense": 0.5},
    }
)


LOSS, METRICS, SAMPLE = (
    jax.jit(function, static_argnums=0) for function in (task.loss, task.metrics, task.sample)
)


@functools.cache
def drawn(spec, seed=0):
    return jax.tree.map(np.asarray, SAMPLE(spec, jax.random.key(seed)))


@pytest.mark.parametrize("spec", [LINEAR, CURVES, NETWORKS], ids=["linear", "curves", "networks"])
def test_batches_have_the_stated_shapes_and_types(spec):
    batch, count = drawn(spec), spec.batch_size
    shapes = {name: (array.shape, str(array.dtype)) for name, array in batch.items()}
    assert shapes == {
        "x": ((count, 2 * spec.pairs, spec.dims), "float32"),
        "inputs": ((count, spec.pairs, spec.dims), "float32"),
        "y": ((count, spec.pairs), "float32"),
        "class": ((count,), "int32"),
    }
    assert all(np.isfinite(array).all() for array in batch.values())


def test_tokens_alternate_and_pad_labels_with_zeros():
    batch = drawn(LINEAR)
    np.testing.assert_array_equal(batch["x"][:, 0::2], batch["inputs"])
    np.testing.assert_array_equal(batch["x"][:, 1::2, 0], batch["y"])
    assert (batch["x"][:, 1::2, 1:] == 0).all()


def test_classes_come_by_their_weights():
    counts = np.bincount(drawn(LINEAR)["class"], minlength=2)
    assert stats.binomtest(int(counts[0]), 2000, 0.2).pvalue > 0.01
    assert set(np.unique(drawn(CURVES)["class"])) == {0, 1}


@pytest.mark.parametrize(("dense", "only"), [(1.0, 0), (0.0, 1)])
def test_a_weight_of_one_draws_that_class_alone(dense, only):
    spec = LINEAR.model_copy(update={"weights": {"dense": dense, "sparse": None}})
    assert (drawn(spec)["class"] == only).all()


def test_a_mixture_opens_with_one_class_and_weights_that_become_normal():
    ramp = Ramp(first=0.0, last=1.0, begin=0.3, end=0.8)
    spec = LINEAR.model_copy(
        update={
            "classes": LINEAR.classes | {"sparse": Sparse(kind="sparse", nonzeros=1, power=ramp)},
            "opening": Opening(label="sparse", until=0.25),
        }
    )

    @jax.jit
    def drawn_at(progress):
        return task.sample(spec.at(progress), jax.random.key(0))

    early, middle, late = (drawn_at(share) for share in (0.2, 0.25, 0.9))
    assert (np.asarray(early["class"]) == 1).all()
    assert np.mean(middle["class"]) == pytest.approx(0.8, abs=0.03)
    # One weight of +-1: every label is plus or minus one of the inputs. Then it is normal.
    nearest = np.abs(np.abs(early["inputs"]) - np.abs(early["y"])[..., None]).min(axis=2)
    assert nearest.max() < 1e-5
    plain = drawn(LINEAR.model_copy(update={"classes": spec.classes}))
    np.testing.assert_allclose(late["y"], plain["y"], atol=1e-4)
    assert spec.shares == (0.2, 0.8)


def test_sequences_are_functions_of_their_class():
    batch = jax.tree.map(lambda a: np.asarray(a, float), drawn(LINEAR))
    for n in range(40):
        weights = np.linalg.lstsq(batch["inputs"][n], batch["y"][n])[0]
        np.testing.assert_allclose(batch["inputs"][n] @ weights, batch["y"][n], atol=1e-5)
        assert (np.abs(weights) > 1e-4).sum() == (2 if batch["class"][n] else 8)


def test_inputs_beyond_the_active_ones_are_zero_and_labels_keep_their_scale():
    spec = LINEAR.model_copy(update={"active_dims": 3})
    batch = jax.tree.map(np.asarray, drawn(spec))
    assert (batch["inputs"][..., 3:] == 0).all() and (batch["inputs"][..., :3] != 0).all()
    for number in range(2):
        assert (batch["y"][batch["class"] == number] ** 2).mean() == pytest.approx(1, abs=0.15)


def test_noise_is_added_to_labels():
    noisy = LINEAR.model_copy(update={"noise": 0.1})
    difference = np.asarray(drawn(noisy)["y"]) - np.asarray(drawn(LINEAR)["y"])
    assert difference.std() == pytest.approx(0.1, rel=0.03)
    np.testing.assert_array_equal(drawn(noisy)["x"][:, 1::2, 0], drawn(noisy)["y"])


def test_batches_and_test_data_follow_their_seed():
    assert (np.asarray(drawn(LINEAR, 1)["x"]) != np.asarray(drawn(LINEAR)["x"])).mean() > 0.4
    first, again, other = (task.splits(LINEAR, seed)["test"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["x"], again["x"])
    assert (first["y"] != other["y"]).all()


def test_test_data_has_every_class_equally_often_whatever_its_weight():
    split = task.splits(CURVES, 0)
    assert set(split) == {"test"}
    assert np.bincount(split["test"]["class"]).tolist() == [40, 40, 40]


def test_test_data_of_curves_has_the_components():
    batch = task.splits(CURVES, 0)["test"]
    weight = np.array([1.0, 0.0, 0.5])[batch["class"]][:, None]
    sine = np.array([0.0, 1.0, 0.5])[batch["class"]][:, None]
    np.testing.assert_allclose(batch["y"], weight * batch["f_lin"] + sine * batch["f_sin"])
    np.testing.assert_allclose(batch["y"][:40] ** 2 > 0, True)
    assert "f_lin" not in task.splits(LINEAR, 0)["test"]


def test_loss_is_the_mean_over_all_positions():
    batch = {"y": np.array([[1.0, 2.0], [0.0, -1.0]])}
    outputs = jnp.array([[0.0, 2.0], [3.0, -1.0]])
    assert float(task.loss(LINEAR, outputs, batch)) == pytest.approx((1 + 0 + 9 + 0) / 4)


def test_metrics_by_class_and_context_length():
    batch = task.splits(LINEAR, 0)["test"]
    outputs = jnp.asarray(np.random.default_rng(0).normal(size=(100, 17)), jnp.float32)
    found = {name: float(value) for name, value in METRICS(LINEAR, outputs, batch).items()}
    squared = (np.asarray(outputs, float) - batch["y"]) ** 2
    for number, label in enumerate(LINEAR.classes):
        own = squared[batch["class"] == number]
        assert found[f"loss_{label}"] == pytest.approx(own.mean(), rel=1e-5)
        for n in (4, 8, 16):
            assert found[f"error_{label}_n{n}"] == pytest.approx(own[:, n].mean(), rel=1e-5)
    expected = 0.2 * found["loss_dense"] + 0.8 * found["loss_sparse"]
    assert found["loss"] == pytest.approx(expected, rel=1e-5)
    assert len(found) == 9


def test_the_weighted_test_loss_estimates_the_training_loss():
    spec = LINEAR.model_copy(update={"scale": "garg", "test_size": 500})
    test = task.splits(spec, 0)["test"]
    at_test = METRICS(spec, np.zeros((1000, 17), np.float32), test)["loss"]
    in_training = LOSS(spec, np.zeros((2000, 17), np.float32), drawn(spec))
    assert float(at_test) == pytest.approx(0.2 * 8 + 0.8 * 2, rel=0.15)
    assert float(in_training) == pytest.approx(0.2 * 8 + 0.8 * 2, rel=0.1)


def test_a_class_missing_from_a_batch_leaves_the_metrics_finite():
    batch = drawn(CURVES)
    found = METRICS(CURVES, np.zeros((64, 21), np.float32), batch)
    assert float(found["loss_both"]) == 0 and all(np.isfinite(v) for v in found.values())
