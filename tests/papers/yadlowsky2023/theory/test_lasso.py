"""The lasso: optimality conditions, the closed form for orthogonal inputs, the oracle's errors."""

import numpy as np
import pytest
from scipy.optimize import minimize

from papers.yadlowsky2023.spec import Sparse
from papers.yadlowsky2023.tasks.prompts import prompts
from papers.yadlowsky2023.theory.lasso import _given_signs, _problems, _solve, lasso
from papers.yadlowsky2023.theory.least_squares import min_norm

MADE = prompts(Sparse(kind="sparse", nonzeros=2), 40, 13, 0, dims=6)


@pytest.mark.parametrize("alpha", [1.0, 0.1, 0.01, 0.001, 0.0001])
def test_solutions_meet_the_optimality_conditions(alpha):
    gram, correlation = _problems(MADE["inputs"], MADE["y"])
    weights = np.zeros_like(correlation)
    _solve(gram, correlation, weights, alpha)
    slope = correlation - np.einsum("ijm,jm->im", gram, weights)
    met = np.where(
        weights != 0, np.abs(slope - alpha * np.sign(weights)), np.abs(slope) - alpha
    ).max(axis=0)
    assert met.max() < 1e-4 * alpha


def test_predictions_minimise_the_objective():
    inputs, y = MADE["inputs"], MADE["y"]
    found = lasso(inputs, y, (0.1, 0.01))
    for k, alpha in enumerate((0.1, 0.01)):
        for i, n in ((0, 3), (1, 6), (2, 12)):
            # w = p - q with p, q >= 0 makes the objective smooth.
            signed = np.concatenate([inputs[i, :n], -inputs[i, :n]], axis=1)
            best = minimize(
                lambda w, x=signed, t=y[i, :n], a=alpha: (
                    ((t - x @ w) ** 2).mean() / 2 + a * w.sum()
                ),
                np.zeros(12),
                bounds=[(0, None)] * 12,
                options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 5000},
            )
            weights = best.x[:6] - best.x[6:]
            assert found[k, i, n] == pytest.approx(inputs[i, n] @ weights, abs=2e-4)


def test_orthogonal_inputs_are_soft_thresholded():
    inputs = np.zeros((1, 5, 4))
    inputs[0, :4] = 2 * np.eye(4)
    inputs[0, 4] = [1, 10, 100, 1000]
    y = np.array([[1.0, -0.5, 0.1, 0.9, 0.0]])
    # X^T X / n = I at n = 4, X^T y / n = y / 2.
    shrunk = np.sign(y[0, :4]) * np.maximum(np.abs(y[0, :4]) / 2 - 0.1, 0)
    assert lasso(inputs, y, (0.1,))[0, 0, 4] == pytest.approx(inputs[0, 4] @ shrunk)


def test_extremes_of_alpha():
    found = lasso(MADE["inputs"], MADE["y"], (1e3, 1e-6))
    assert (found[0] == 0).all() and (found[:, :, 0] == 0).all()
    exact = min_norm(MADE["inputs"], MADE["y"])[:, 6:]
    assert np.median(np.abs(found[1, :, 6:] - exact)) < 1e-4


def test_starting_from_another_alpha_changes_nothing():
    path = lasso(MADE["inputs"], MADE["y"], (0.1, 0.01))
    alone = lasso(MADE["inputs"], MADE["y"], (0.01,))
    np.testing.assert_allclose(path[1], alone[0], atol=1e-5)


def test_inputs_that_never_vary_get_no_weight():
    inputs = MADE["inputs"].copy()
    inputs[:, :-1, 3] = 0
    found = lasso(inputs, MADE["y"], (0.01,))
    inputs[:, -1, 3] = 1e6
    np.testing.assert_array_equal(lasso(inputs, MADE["y"], (0.01,)), found)


@pytest.mark.parametrize("alphas", [(), (0.1, 0.1), (0.01, 0.1), (0.1, 0.0)])
def test_alphas_must_fall_and_be_positive(alphas):
    with pytest.raises(ValueError, match="alphas must be positive and fall"):
        lasso(MADE["inputs"], MADE["y"], alphas)


def test_signs_decide_the_stationary_point():
    gram, target = np.array([[[1.0]]]), np.array([[0.5]])
    for sign, weight, optimal in ((1.0, 0.4, True), (-1.0, 0.6, False), (0.0, 0.0, False)):
        found, solved = _given_signs(gram, target, np.array([[sign]]), 0.1)
        assert found[0, 0] == pytest.approx(weight, abs=1e-9) and solved[0] == optimal


# Computed independently from 1,000 prompts: alpha = 0.01 on two nonzeros of ten.
def test_reference_values_of_ten_dimensions():
    made = prompts(Sparse(kind="sparse", nonzeros=2), 1280, 9, 0, dims=10)
    squared = (lasso(made["inputs"], made["y"])[0] - made["y"]) ** 2
    for n, value in {4: 0.41, 5: 0.21, 6: 0.07, 8: 0.012}.items():
        deviation = squared[:, n].std() * np.sqrt(1 / 1280 + 1 / 1000)
        assert abs(squared[:, n].mean() - value) < 3.5 * deviation + 0.006


def test_every_prompt_is_its_own_problem():
    whole = lasso(MADE["inputs"], MADE["y"], (0.01,))
    for i in range(3):
        alone = lasso(MADE["inputs"][i : i + 1], MADE["y"][i : i + 1], (0.01,))
        np.testing.assert_allclose(whole[:, i], alone[:, 0], atol=1e-5)
