"""Preconditioned inputs: against direct solves and the predictions that are made of them."""

import numpy as np
import pytest

from papers.vonoswald2023.theory.preconditioned_inputs import iterated_inputs
from papers.vonoswald2023.theory.preconditioning import iterated_predictions


@pytest.mark.parametrize("lag", [0, 1])
def test_predictions_are_made_of_them(lag):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 2, 9, 3))
    alpha, beta = rng.uniform(0.5, 3, 4), rng.uniform(0, 2, 4)
    found = iterated_inputs(x, alpha, beta, 0.1, lag=lag)
    expected = iterated_predictions(x, y, alpha, beta, 0.1, lag=lag)
    for n in range(2):
        for t in range(9):
            known = slice(0, max(t - lag, 0))
            predicted = y[n, known].T @ x[n, known] @ found[n, t]
            np.testing.assert_allclose(predicted, expected[n, t], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("lag", [0, 2])
def test_many_plain_steps_solve(lag):
    x = np.random.default_rng(2).normal(size=(2, 7, 3))
    count = 4000
    found = iterated_inputs(x, np.ones(count), np.zeros(count), 0.5, lag=lag)
    for n in range(2):
        for t in range(7):
            rows = x[n, : max(t - lag, 0)]
            expected = np.linalg.solve(rows.T @ rows + 0.5 * np.eye(3), x[n, t])
            np.testing.assert_allclose(found[n, t], expected, rtol=1e-6)


def test_bad_numbers_are_named():
    x = np.zeros((1, 4, 2))
    with pytest.raises(ValueError, match="ridge must be positive"):
        iterated_inputs(x, [1.0], [0.0], 0.0)
    with pytest.raises(ValueError, match="lag must be 0 or more"):
        iterated_inputs(x, [1.0], [0.0], 0.1, lag=-1)
