"""Ridge regression along sequences: against direct solves, published means, stacking by hand."""

import functools

import numpy as np
import pytest

from papers.vonoswald2023.spec import LinearDynamics
from papers.vonoswald2023.tasks.linear_dynamics import evaluation
from papers.vonoswald2023.theory.lag_embedding import stacked
from papers.vonoswald2023.theory.sequence_ridge import ridge_losses, ridge_predictions

FULL = LinearDynamics(name="linear_dynamics", dims=10, length=50, batch_size=1)
PARTIAL = FULL.model_copy(update={"dims": 15, "observed": 5, "observation_noise": 0.01})


@functools.cache
def data(spec, count=500):
    found = evaluation(spec, count, 0)
    return found["x"], found["y"]


def directly(x, y, t, ridge, lag):
    """The prediction of one sequence at ``t`` from a least-squares problem with added rows."""
    pairs, dims = max(t - lag, 0), x.shape[1]
    rows = np.concatenate([x[:pairs], np.sqrt(ridge) * np.eye(dims)])
    labels = np.concatenate([y[:pairs], np.zeros((dims, y.shape[1]))])
    return x[t] @ np.linalg.lstsq(rows, labels)[0]


@pytest.mark.parametrize("lag", [0, 1, 3])
@pytest.mark.parametrize("ridge", [1e-3, 0.3, 10.0])
def test_predictions_are_those_of_direct_solves(ridge, lag):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 12, 5)), rng.normal(size=(4, 12, 3))
    found = ridge_predictions(x, y, ridge, lag=lag)
    for n in range(4):
        for t in range(12):
            expected = directly(x[n], y[n], t, ridge, lag)
            np.testing.assert_allclose(found[n, t], expected, rtol=1e-8, atol=1e-10)
    assert (found[:, : lag + 1] == 0).all() and (found[:, lag + 1 :] != 0).all()


@pytest.mark.parametrize("lag", [0, 1])
def test_losses_of_a_line_search_are_those_of_predictions(lag):
    x, y = data(FULL, 20)
    ridges = [1e-3, 0.1, 5.0]
    found = ridge_losses(x, y, ridges, lag=lag)
    for ridge, curve in zip(ridges, found, strict=True):
        predicted = ridge_predictions(x, y, ridge, lag=lag)
        expected = 0.5 * ((predicted - y) ** 2).sum(axis=-1).mean(axis=0)
        np.testing.assert_allclose(curve, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("lag", [0, 1])
def test_the_future_is_not_looked_at(lag):
    x, y = (array[:3].copy() for array in data(FULL, 20))
    before = ridge_predictions(x, y, 0.1, lag=lag)
    x[:, 21:] += 1
    y[:, 20 - lag :] += 1
    np.testing.assert_array_equal(ridge_predictions(x, y, 0.1, lag=lag)[:, :21], before[:, :21])


@pytest.mark.parametrize(
    ("ridge", "lag", "mean"),
    [(1e-3, 0, 0.1850), (1e-3, 1, 0.2096), (0.1, 0, 0.1897), (0.1, 1, 0.2143)],
)
def test_means_on_orthogonal_systems(ridge, lag, mean):
    """Section 4.3: means over t = 1..50 of an independent implementation on other sequences."""
    x, y = data(FULL)
    losses = 0.5 * ((ridge_predictions(x, y, ridge, lag=lag) - y) ** 2).sum(axis=-1).mean(axis=1)
    assert losses.mean() == pytest.approx(mean, abs=5 * losses.std() / np.sqrt(len(losses)))


def test_the_curve_on_orthogonal_systems():
    """Section 4.3, at t = 2, 3, 5, 7, 10, 12, 15, 20, 50 (counted from 1), without lag."""
    x, y = data(FULL)
    curve = ridge_losses(x, y, [1e-3])[0]
    known = {2: 1.505, 3: 1.345, 5: 0.998, 7: 0.668, 10: 0.175, 12: 0.0029, 15: 0.0013}
    known |= {20: 0.0009, 50: 0.0006}
    for t, value in known.items():
        assert curve[t - 1] == pytest.approx(value, rel=0.15), t
    assert curve[0] == pytest.approx(10 / 6, rel=0.05)


@pytest.mark.parametrize(
    ("depth", "ridge", "mean", "last"),
    [(1, 10, 2.17, 1.74), (2, 10, 1.60, 0.94), (3, 1, 1.17, 0.22), (5, 1, 0.941, 0.030)],
)
def test_means_on_partly_observed_systems(depth, ridge, mean, last):
    """Section 4.4: stacks of one to five observations, mean over t and loss at t = 50."""
    x, y = data(PARTIAL)
    squared = (ridge_predictions(stacked(x, depth), y, float(ridge)) - y) ** 2
    losses = 0.5 * squared.sum(axis=-1)
    deviation = losses.mean(axis=1).std() / np.sqrt(len(losses))
    assert losses.mean() == pytest.approx(mean, abs=5 * deviation)
    assert losses[:, -1].mean() == pytest.approx(
        last, abs=6 * losses[:, -1].std() / np.sqrt(len(losses))
    )


def test_deep_enough_stacks_are_linear_in_the_ones_before():
    """z_{t+1} = O W pinv(O) z_t without noise (App. D), O the stack of C W^-j, newest first."""
    quiet = PARTIAL.model_copy(update={"process_noise": 0.0, "observation_noise": 0.0})
    found = evaluation(quiet, 4, 0)
    z = stacked(found["observations"], 3)
    for n in range(4):
        c, w = found["observation"][n], found["transition"][n]
        o = np.concatenate([c, c @ w.T, c @ w.T @ w.T])
        step = o @ w @ np.linalg.pinv(o)
        np.testing.assert_allclose(z[n, 3:], z[n, 2:-1] @ step.T, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x, y: ridge_predictions(x, y, 0.0), "ridge must be positive, got 0.0"),
        (lambda x, y: ridge_predictions(x, y, 1.0, lag=-1), "lag must be 0 or more, got -1"),
        (lambda x, y: ridge_losses(x, y, [1.0, -1.0]), "ridges must be positive"),
    ],
)
def test_faults_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call(np.ones((1, 3, 2)), np.ones((1, 3, 2)))


def test_single_precision_is_computed_in_double():
    x, y = (array[:2].astype(np.float32) for array in data(FULL, 20))
    found = ridge_predictions(x, y, 0.1)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, ridge_predictions(x.astype(float), y.astype(float), 0.1))
