"""Regression on sets: contexts of random size, Müller's classes, both losses."""

import functools
import math

import jax
import numpy as np
import pytest
from scipy import stats

from papers.yadlowsky2023.spec import Law, Line, PfnRegression, Sine
from papers.yadlowsky2023.tasks import pfn_regression as task

GRID = Law(grid=(-1.0, 1.0, 101))
SPEC = PfnRegression(
    name="pfn_regression",
    points=20,
    queries=10,
    batch_size=2000,
    test_size=30,
    noise=0.1,
    inputs=Law(uniform=(-1.0, 1.0)),
    classes={
        "sine": Sine(
            amplitude=Law(fixed=0.2),
            frequency=Law(fixed=3 * math.pi),
            phase=Law(fixed=0.0),
            offset=Law(grid=(0.0, 1.0, 101)),
        ),
        "line": Line(slope=GRID, intercept=GRID),
    },
    weights={"sine": 0.5, "line": None},
)
MEAN = SPEC.model_copy(update={"output": "mean"})
LOSS, METRICS = (jax.jit(function, static_argnums=0) for function in (task.loss, task.metrics))


@functools.cache
def drawn(spec):
    return jax.tree.map(np.asarray, jax.jit(task.sample, static_argnums=0)(spec, jax.random.key(0)))


def test_batches_have_the_stated_shapes():
    batch = drawn(SPEC)
    shapes = jax.tree.map(lambda a: (a.shape, str(a.dtype)), batch)
    assert shapes["x"] == {
        "context_x": ((2000, 19), "float32"),
        "context_y": ((2000, 19), "float32"),
        "context_mask": ((2000, 19), "bool"),
        "query_x": ((2000, 10), "float32"),
    }
    assert shapes["y"] == ((2000, 10), "float32") and shapes["class"] == ((2000,), "int32")


def test_context_sizes_are_uniform_and_missing_points_are_zero():
    x = drawn(SPEC)["x"]
    sizes = x["context_mask"].sum(axis=1)
    assert (x["context_mask"] == (np.arange(19) < sizes[:, None])).all()
    counts = np.bincount(sizes, minlength=20)
    assert len(counts) == 20 and stats.chisquare(counts).pvalue > 0.01
    for name in ("context_x", "context_y"):
        assert (x[name][~x["context_mask"]] == 0).all() and (x[name][x["context_mask"]] != 0).all()


def test_contexts_and_queries_are_of_one_function_with_noise():
    batch = drawn(SPEC)
    full = (batch["x"]["context_mask"].sum(axis=1) == 19) & (batch["class"] == 1)
    x = np.concatenate([batch["x"]["context_x"][full], batch["x"]["query_x"][full]], axis=1)
    y = np.concatenate([batch["x"]["context_y"][full], batch["y"][full]], axis=1)
    rest = [np.polyfit(a, b, 1, full=True)[1][0] / 27 for a, b in zip(x, y, strict=True)]
    assert np.mean(rest) == pytest.approx(0.01, rel=0.1)


def test_offsets_of_the_sine_are_on_the_grid():
    quiet = SPEC.model_copy(update={"noise": 0.0})
    batch = drawn(quiet)
    sine = batch["class"] == 0
    offset = batch["y"][sine] - 0.2 * np.sin(3 * np.pi * batch["x"]["query_x"][sine])
    np.testing.assert_allclose(offset, np.round(offset * 100) / 100, atol=1e-5)
    assert offset.min() >= -1e-5 and offset.max() <= 1 + 1e-5


def test_test_data_has_every_class():
    test = task.splits(SPEC, 0)["test"]
    assert np.bincount(test["class"]).tolist() == [30, 30]
    assert test["x"]["query_x"].shape == (60, 10)
    np.testing.assert_array_equal(test["y"], task.splits(SPEC, 0)["test"]["y"])


def test_borders_hold_equal_shares_of_fresh_labels():
    borders = task.borders(SPEC)
    assert borders.shape == (1001,) and (np.diff(borders) > 0).all()
    y = drawn(SPEC)["y"].ravel()
    share = np.histogram(y, borders[::100])[0] / len(y)
    # Queries of one function depend on each other: as few as 2000 independent labels.
    assert np.abs(share - 0.1).max() < 5 * np.sqrt(0.1 * 0.9 / 2000)


def test_a_flat_density_scores_like_the_prior():
    batch = drawn(SPEC)
    flat = np.zeros((2000, 10, 1000), np.float32)
    found = float(LOSS(SPEC, flat, batch))
    # Entropy of a label: -log density of the prior, by a histogram of independent labels.
    density = stats.gaussian_kde(batch["y"][:, 0], 0.1)
    assert found == pytest.approx(-np.log(density(batch["y"][:, 1])).mean(), abs=0.05)


def test_losses_and_metrics_of_means():
    batch = task.splits(MEAN, 0)["test"]
    outputs = np.random.default_rng(0).normal(size=(60, 10)).astype(np.float32)
    squared = (np.asarray(outputs, float) - batch["y"]) ** 2
    assert float(LOSS(MEAN, outputs, batch)) == pytest.approx(squared.mean(), rel=1e-5)
    found = {name: float(value) for name, value in METRICS(MEAN, outputs, batch).items()}
    assert found["loss"] == found["mse"] == pytest.approx(squared.mean(), rel=1e-5)
    assert found["loss_sine"] == pytest.approx(squared[:30].mean(), rel=1e-5)
    assert found["mse_line"] == pytest.approx(squared[30:].mean(), rel=1e-5)


def test_point_predictions_of_a_sure_density():
    centre = (task.borders(SPEC)[500] + task.borders(SPEC)[501]) / 2
    logits = np.where(np.arange(1000) == 500, np.float32(0), np.float32(-1e4))[None, None]
    points = jax.jit(task.point_predictions, static_argnums=0)(SPEC, logits)
    assert float(points[0, 0]) == pytest.approx(centre, abs=1e-6)
    batch = {"y": np.array([[centre]], np.float32), "class": np.array([1])}
    found = METRICS(SPEC, logits, batch)
    assert float(found["mse_line"]) < 1e-10 and float(found["loss_sine"]) == 0
    width = task.borders(SPEC)[501] - task.borders(SPEC)[500]
    assert float(found["loss_line"]) == pytest.approx(np.log(width), rel=1e-4)
