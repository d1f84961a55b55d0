"""Fitted coefficients: the best there are, found by another optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from papers.vonoswald2023.theory.fitted_step import fitted_coefficients
from papers.vonoswald2023.theory.preconditioning import iterated_predictions
from papers.vonoswald2023.theory.preconditioning_coefficients import Coefficients

RIDGE = 0.01


@pytest.fixture(scope="module")
def sequences():
    rng = np.random.default_rng(0)
    turns = np.linalg.qr(rng.normal(size=(24, 3, 3)))[0]
    states = [rng.uniform(-1, 1, size=(24, 3))]
    for _ in range(8):
        states.append(np.einsum("nij,nj->ni", turns, states[-1]))
    s = np.stack(states, axis=1)
    return s[:, :-1], s[:, 1:]


def error(sequences, coefficients):
    x, y = sequences
    found = iterated_predictions(x, y, *coefficients, RIDGE)
    return 0.5 * ((found - y) ** 2).sum(axis=-1).mean()


def test_no_other_optimiser_finds_better_ones(sequences):
    start = Coefficients((1.0, 1.0), (0.0, 0.0))
    found = fitted_coefficients(*sequences, sequences[1], start, RIDGE, steps=1500)
    # The first momentum acts on nothing.
    best = minimize(
        lambda v: error(sequences, ((v[0], v[1]), (0.0, v[2]))),
        [1.0, 1.0, 0.0],
        method="Nelder-Mead",
    )
    assert error(sequences, found) < 0.9 * error(sequences, start)
    assert error(sequences, found) == pytest.approx(best.fun, rel=0.01)


def test_a_good_start_is_not_made_worse(sequences):
    start = Coefficients((1.0,), (0.0,))
    found = fitted_coefficients(*sequences, sequences[1], start, RIDGE, steps=3)
    assert error(sequences, found) <= error(sequences, start) + 1e-6
    assert len(found.alpha) == len(found.beta) == 1
