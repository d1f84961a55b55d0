"""Regression along a sequence, exact and iterated: against loops and published losses."""

import numpy as np
import pytest
from mesa_reference import dynamics, loss

from reprise.estimators.preconditioning import iterated_forecasts, ridge_forecasts, stacked
from reprise.estimators.preconditioning_coefficients import PUBLISHED


def pairs(z, y, t, lagged):
    """Regressors and targets known at 0-based token t."""
    known = range(max(t - lagged, 0))
    rows = np.array([z[j] for j in known]).reshape(-1, z.shape[1])
    return rows, np.array([y[j + 1] for j in known]).reshape(-1, y.shape[1])


def iterated(z, y, alpha, beta, ridge, lagged):
    """Matrices and products as in the released code, for one sequence."""
    found = np.zeros_like(y)
    for t in range(len(z)):
        rows, targets = pairs(z, y, t, lagged)
        a = rows.T @ rows + ridge * np.eye(z.shape[1])
        nu = np.linalg.norm(a)
        m = [np.eye(len(a)), np.eye(len(a))]
        tau = np.eye(len(a))
        for one_alpha, one_beta in zip(alpha, beta, strict=True):
            tau = tau @ (np.eye(len(a)) - one_alpha * a / nu)
            m.append(m[-1] + tau + one_beta * (m[-1] - m[-2]))
        found[t] = z[t] @ (m[-1] / nu @ rows.T @ targets)
    return found


@pytest.mark.parametrize("lagged", [False, True])
@pytest.mark.parametrize("stack", [1, 3])
def test_iterations_are_those_of_loops(lagged, stack):
    rng = np.random.default_rng(0)
    s = rng.normal(size=(2, 9, 3))
    alpha, beta = rng.uniform(0.5, 3, 4), rng.uniform(0, 2, 4)
    z = stacked(s, stack)
    found = iterated_forecasts(z, s, alpha, beta, 0.1, lagged)
    for n in range(2):
        expected = iterated(z[n], s[n], alpha, beta, 0.1, lagged)
        np.testing.assert_allclose(found[n], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("lagged", [False, True])
def test_ridge_regression_is_that_of_loops(lagged):
    s = np.random.default_rng(1).normal(size=(2, 9, 3))
    z = stacked(s, 2)
    found = ridge_forecasts(z, s, 0.2, lagged)
    for n in range(2):
        for t in range(9):
            rows, targets = pairs(z[n], s[n], t, lagged)
            padded = np.vstack([rows, np.sqrt(0.2) * np.eye(6)])
            wanted = np.vstack([targets, np.zeros((6, 3))])
            phi = np.linalg.lstsq(padded, wanted, rcond=None)[0]
            np.testing.assert_allclose(found[n, t], z[n, t] @ phi, rtol=1e-9, atol=1e-11)


def test_plain_steps_converge_to_ridge_regression():
    """alpha = 1 and beta = 0 is the Neumann series."""
    s = np.random.default_rng(2).normal(size=(2, 12, 3))
    count = 3000
    found = iterated_forecasts(s, s, np.ones(count), np.zeros(count), 0.5, False)
    np.testing.assert_allclose(found, ridge_forecasts(s, s, 0.5, False), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("lagged", "silent"), [(False, 1), (True, 2)])
def test_a_lag_costs_one_more_silent_token(lagged, silent):
    s = np.random.default_rng(3).normal(size=(2, 6, 3))
    for found in (
        iterated_forecasts(s, s, np.ones(2), np.zeros(2), 0.0, lagged),
        ridge_forecasts(s, s, 0.1, lagged),
    ):
        assert not found[:, :silent].any() and np.abs(found[:, silent]).min() > 0


def test_stacks_hold_the_newest_first():
    s = np.arange(8.0).reshape(1, 4, 2)
    np.testing.assert_array_equal(
        stacked(s, 3)[0],
        [[0, 1, 0, 0, 0, 0], [2, 3, 0, 1, 0, 0], [4, 5, 2, 3, 0, 1], [6, 7, 4, 5, 2, 3]],
    )


@pytest.fixture(scope="module")
def fully_observed():
    return dynamics(1024, 50, 10, seed=5)


@pytest.mark.parametrize(
    ("which", "published"),
    [("fully_observed", 0.2318), ("fully_observed_two_iterations", 0.3047)],
)
def test_published_coefficients_have_the_published_loss(fully_observed, which, published):
    """Losses of the authors' stored arrays; test sets differ by a few percent."""
    s, following = fully_observed
    found = loss(iterated_forecasts(s, s, *PUBLISHED[which], 0.001, True), following)
    assert found == pytest.approx(published, rel=0.05)


@pytest.mark.parametrize(("lagged", "reference"), [(True, 0.2096), (False, 0.1850)])
def test_ridge_regression_has_its_known_loss(fully_observed, lagged, reference):
    s, following = fully_observed
    found = loss(ridge_forecasts(s, s, 0.001, lagged), following)
    assert found == pytest.approx(reference, rel=0.05)


def test_every_published_set_is_complete():
    for alpha, beta in PUBLISHED.values():
        assert len(alpha) == len(beta) in (2, 6)
        assert beta[0] == 0
