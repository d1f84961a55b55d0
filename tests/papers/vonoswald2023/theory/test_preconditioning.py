"""Preconditioned gradient steps: against loops, direct solves and published losses."""

import numpy as np
import pytest
from mesa_reference import dynamics, loss

from papers.vonoswald2023.theory.lag_embedding import stacked
from papers.vonoswald2023.theory.preconditioning import iterated_predictions
from papers.vonoswald2023.theory.preconditioning_coefficients import PUBLISHED


def iterated(x, y, alpha, beta, ridge, lag):
    """Matrices and products as in the released code, for one sequence."""
    found = np.zeros_like(y)
    for t in range(len(x)):
        rows, targets = x[: max(t - lag, 0)], y[: max(t - lag, 0)]
        a = rows.T @ rows + ridge * np.eye(x.shape[1])
        nu = np.linalg.norm(a)
        m = [np.eye(len(a)), np.eye(len(a))]
        tau = np.eye(len(a))
        for one_alpha, one_beta in zip(alpha, beta, strict=True):
            tau = tau @ (np.eye(len(a)) - one_alpha * a / nu)
            m.append(m[-1] + tau + one_beta * (m[-1] - m[-2]))
        found[t] = x[t] @ (m[-1] / nu @ rows.T @ targets)
    return found


@pytest.mark.parametrize("lag", [0, 1, 2])
@pytest.mark.parametrize("depth", [1, 3])
def test_iterations_are_those_of_loops(lag, depth):
    rng = np.random.default_rng(0)
    s, y = rng.normal(size=(2, 2, 9, 3))
    alpha, beta = rng.uniform(0.5, 3, 4), rng.uniform(0, 2, 4)
    x = stacked(s, depth)
    found = iterated_predictions(x, y, alpha, beta, 0.1, lag=lag)
    for n in range(2):
        expected = iterated(x[n], y[n], alpha, beta, 0.1, lag)
        np.testing.assert_allclose(found[n], expected, rtol=1e-10, atol=1e-12)


def test_plain_steps_converge_to_ridge_regression():
    """alpha = 1 and beta = 0 is the Neumann series."""
    x, y = np.random.default_rng(2).normal(size=(2, 2, 12, 3))
    count = 3000
    found = iterated_predictions(x, y, np.ones(count), np.zeros(count), 0.5)
    for n in range(2):
        for t in range(12):
            moments = x[n, :t].T @ x[n, :t] + 0.5 * np.eye(3)
            expected = y[n, :t].T @ x[n, :t] @ np.linalg.solve(moments, x[n, t])
            np.testing.assert_allclose(found[n, t], expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("lag", [0, 1])
def test_a_lag_costs_one_more_silent_token(lag):
    x, y = np.random.default_rng(3).normal(size=(2, 2, 6, 3))
    found = iterated_predictions(x, y, np.ones(2), np.zeros(2), 0.0, lag=lag)
    assert not found[:, : 1 + lag].any() and np.abs(found[:, 1 + lag]).min() > 0


@pytest.mark.parametrize(
    ("which", "published"),
    [("fully_observed", 0.2318), ("fully_observed_two_iterations", 0.3047)],
)
def test_published_coefficients_have_the_published_loss(which, published):
    """Losses of the authors' stored arrays; test sets differ by a few percent."""
    s, following = dynamics(1024, 50, 10, seed=5)
    found = iterated_predictions(s, following, *PUBLISHED[which], 0.001, lag=1)
    assert loss(found, following) == pytest.approx(published, rel=0.05)


def test_every_published_set_is_complete():
    for alpha, beta in PUBLISHED.values():
        assert len(alpha) == len(beta) in (2, 6)
        assert beta[0] == 0
