"""Softmax kernel regression: against a loop, its limits, the published losses of Fig. 5B."""

import math

import numpy as np
import pytest

from papers.vonoswald2023.spec import LinearDynamics
from papers.vonoswald2023.tasks.linear_dynamics import evaluation
from papers.vonoswald2023.theory.kernel_regression import kernel_predictions
from papers.vonoswald2023.theory.sequence_ridge import ridge_losses

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(3, 9, 4)), RNG.normal(size=(3, 9, 2))


def by_loop(x, y, t, beta):
    known = range(t)
    weights = [math.exp(beta * sum(a * b for a, b in zip(x[i], x[t], strict=True))) for i in known]
    if not weights:
        return np.zeros(y.shape[1])
    return sum(w * y[i] for w, i in zip(weights, known, strict=True)) / sum(weights)


@pytest.mark.parametrize("beta", [0.0, 0.7, 4.0])
def test_predictions_are_weighted_means(beta):
    found = kernel_predictions(X, Y, beta)
    for n in range(3):
        for t in range(9):
            np.testing.assert_allclose(found[n, t], by_loop(X[n], Y[n], t, beta), rtol=1e-9)


def test_without_temperature_it_is_the_mean_and_with_much_of_it_a_lookup():
    np.testing.assert_allclose(kernel_predictions(X, Y, 0.0)[:, 5], Y[:, :5].mean(axis=1))
    nearest = np.einsum("nid,nd->ni", X[:, :5], X[:, 5]).argmax(axis=1)
    found = kernel_predictions(X, Y, 1e6)[:, 5]
    np.testing.assert_allclose(found, Y[np.arange(3), nearest])


@pytest.mark.parametrize(("dims", "kernel", "squares"), [(4, 0.0798, 0.0328), (10, 0.0844, 0.0264)])
def test_the_best_of_a_line_search_is_the_published_loss(dims, kernel, squares):
    """Fig. 5B: loss over n_s, best of 40 values in [1e-4, 4] and, lagged ridge, in [1e-4, 10]."""
    spec = LinearDynamics(name="linear_dynamics", dims=dims, length_per_dim=4, batch_size=1)
    data = evaluation(spec, 400, 0)
    x, y = data["x"], data["y"]
    betas = np.linspace(1e-4, 4, 40)
    losses = [0.5 * ((kernel_predictions(x, y, b) - y) ** 2).sum(-1).mean() / dims for b in betas]
    assert min(losses) == pytest.approx(kernel, rel=0.1)
    ridges = list(np.linspace(1e-4, 10, 40))
    best = ridge_losses(x, y, ridges, lag=1).mean(axis=1).min() / dims
    assert best == pytest.approx(squares, rel=0.1)
