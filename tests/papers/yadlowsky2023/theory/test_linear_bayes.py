"""Bayes on linear classes: brute force over supports, and values computed independently."""

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from papers.yadlowsky2023.spec import Sparse
from papers.yadlowsky2023.tasks.prompts import prompts
from papers.yadlowsky2023.theory import linear_bayes
from papers.yadlowsky2023.theory.class_average import average
from papers.yadlowsky2023.theory.linear_bayes import linear_class, on_supports


def brute_force(inputs, y, nonzeros, noise):
    """Per position: the covariance of labels on every support, conditioned in the plain way."""
    count, pairs, dims = inputs.shape
    mean, evidence = np.zeros((count, pairs)), np.zeros((count, pairs))
    supports = list(itertools.combinations(range(dims), nonzeros))
    for i in range(count):
        for n in range(pairs):
            scores, means = [], []
            for support in supports:
                x = inputs[i][:, support]
                covariance = x @ x.T / nonzeros
                past = covariance[:n, :n] + noise**2 * np.eye(n)
                means.append(covariance[n, :n] @ np.linalg.solve(past, y[i, :n]) if n else 0.0)
                scores.append(multivariate_normal(cov=past).logpdf(y[i, :n]) if n else 0.0)
            total = logsumexp(scores)
            mean[i, n] = np.exp(scores - total) @ means
            evidence[i, n] = total - np.log(len(supports))
    return mean, evidence


@pytest.mark.parametrize("nonzeros", [1, 2, 5])
@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_means_and_evidences_are_those_of_brute_force(nonzeros, noise):
    rng = np.random.default_rng(nonzeros)
    inputs, y = rng.normal(size=(3, 8, 5)), rng.normal(size=(3, 8))
    found = linear_class(inputs, y, nonzeros, noise)
    mean, evidence = brute_force(inputs, y, nonzeros, noise)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.log_evidence, evidence, rtol=1e-9, atol=1e-9)


def test_blocks_do_not_change_the_result(monkeypatch):
    rng = np.random.default_rng(0)
    inputs, y = rng.normal(size=(7, 6, 4)), rng.normal(size=(7, 6))
    whole = linear_class(inputs, y, 2, 0.1)
    monkeypatch.setattr(linear_bayes, "_LANES", 12)
    parts = linear_class(inputs, y, 2, 0.1)
    np.testing.assert_array_equal(whole.mean, parts.mean)
    np.testing.assert_array_equal(whole.log_evidence, parts.log_evidence)


def test_means_on_all_inputs_solve_the_normal_equations_of_ridge_regression():
    rng = np.random.default_rng(0)
    inputs, y = rng.normal(size=(4, 9, 3)), rng.normal(size=(4, 9))
    found = on_supports(inputs, y, np.arange(3)[None], 0.7**0.5, 1.0).mean
    for i, n in itertools.product(range(4), range(9)):
        x = inputs[i, :n]
        weights = np.linalg.solve(x.T @ x + 0.7 * np.eye(3), x.T @ y[i, :n])
        assert found[i, n] == pytest.approx(inputs[i, n] @ weights, abs=1e-10)


def test_no_noise_at_all_is_refused():
    with pytest.raises(ValueError, match="noise must be positive"):
        on_supports(np.zeros((1, 2, 1)), np.zeros((1, 2)), np.array([[0]]), 0.0, 1.0)


def assert_mean_is(squares, expected, published=1000):
    """``expected``, printed to 0.01 (0.005 if small), is the mean of as many as ``published``."""
    deviation = squares.std() * np.sqrt(1 / len(squares) + 1 / published)
    assert abs(squares.mean() - expected) < 3.5 * deviation + 0.006


# Computed independently from 1,000 prompts, d = 20, s = 2. Rows by n: dense, sparse, mixture, and
# mixture with a noise of 0.1.
ON_DENSE = {
    2: (0.87, 0.95, 0.89, 0.89),
    3: (0.89, 5.1, 0.99, 0.93),
    5: (0.75, 2.7, 0.75, 0.82),
    10: (0.47, 1.35, 0.47, 0.47),
    15: (0.26, 1.03, 0.26, 0.26),
    20: (0.00, 0.93, 0.00, 0.06),
}
ON_SPARSE = {
    2: (0.89, 0.79, 0.80, 0.80),
    4: (0.72, 0.00, 0.00, 0.25),
    5: (0.76, 0.00, 0.00, 0.07),
    6: (0.72, 0.00, 0.00, 0.013),
    10: (0.49, 0.00, 0.00, 0.001),
}


def estimates(inputs, y, *noises):
    halves = {"dense": 0.5, "sparse": 0.5}
    dims = inputs.shape[2]
    for noise in noises:
        classes = {
            "dense": linear_class(inputs, y, dims, noise),
            "sparse": linear_class(inputs, y, 2, noise),
        }
        yield classes["dense"].mean, classes["sparse"].mean, average(classes, halves)


@pytest.mark.parametrize(("nonzeros", "rows"), [(20, ON_DENSE), (2, ON_SPARSE)])
def test_reference_values_of_twenty_dimensions(nonzeros, rows):
    made = prompts(Sparse(kind="sparse", nonzeros=nonzeros), 1280, max(rows) + 1, 0, dims=20)
    sharp, tolerant = estimates(made["inputs"], made["y"], 1e-3, 0.1)
    for n, expected in rows.items():
        for prediction, value in zip((*sharp, tolerant[2]), expected, strict=True):
            assert_mean_is((prediction[:, n] - made["y"][:, n]) ** 2, value)


def test_the_heavy_tailed_reference_values_lie_within_blocks_of_a_thousand():
    made = prompts(Sparse(kind="sparse", nonzeros=2), 20_000, 4, 0, dims=20)
    [(_, sparse, mixture)] = estimates(made["inputs"], made["y"], 1e-3)
    for prediction, value in ((sparse, 0.09), (mixture, 0.11)):
        squares = (prediction[:, 3] - made["y"][:, 3]) ** 2
        blocks = squares.reshape(20, 1000).mean(axis=1)
        assert blocks.min() < value < blocks.max() + 0.005


# Likewise with a noise of 0.2. Rows by nonzeros: errors of dense, sparse and mixture, and squared
# differences of the mixture from dense and from sparse.
AT_TEN = {
    1: (0.55, 0.00, 0.00, 0.53, 0.00),
    3: (0.49, 0.12, 0.18, 0.33, 0.12),
    4: (0.53, 0.28, 0.33, 0.19, 0.23),
    7: (0.51, 0.72, 0.47, 0.06, 0.49),
    20: (0.50, 1.1, 0.50, 0.01, 0.62),
}
AT_FIVE = {2: (0.74, 0.14, 0.20, 0.36, 0.03), 5: (0.76, 0.95, 0.74, 0.12, 0.28)}


@pytest.mark.parametrize(("n", "rows"), [(10, AT_TEN), (5, AT_FIVE)])
def test_reference_values_over_numbers_of_nonzeros(n, rows):
    for nonzeros, expected in rows.items():
        made = prompts(Sparse(kind="sparse", nonzeros=nonzeros), 1280, n + 1, 1, dims=20)
        [found] = estimates(made["inputs"], made["y"], 0.2)
        dense, sparse, mixture = (prediction[:, n] for prediction in found)
        y = made["y"][:, n]
        differences = (dense - y, sparse - y, mixture - y, mixture - dense, mixture - sparse)
        for difference, value in zip(differences, expected, strict=True):
            assert_mean_is(difference**2, value)


def test_reference_values_of_eight_dimensions():
    on_sparse = prompts(Sparse(kind="sparse", nonzeros=2), 1280, 7, 0, dims=8)
    [(_, _, mixture)] = estimates(on_sparse["inputs"], on_sparse["y"], 0.1)
    sharp = linear_class(on_sparse["inputs"], on_sparse["y"], 8).mean
    for n, value in {4: 0.53, 5: 0.40, 6: 0.24}.items():
        assert_mean_is((sharp[:, n] - on_sparse["y"][:, n]) ** 2, value)
    for n, value in {3: 0.34, 4: 0.12, 5: 0.018}.items():
        assert_mean_is((mixture[:, n] - on_sparse["y"][:, n]) ** 2, value)
    on_dense = prompts(Sparse(kind="sparse", nonzeros=8), 1280, 17, 0, dims=8)
    found = linear_class(on_dense["inputs"], on_dense["y"], 2).mean
    for n, value in {5: 1.45, 6: 1.2, 8: 0.70, 16: 0.49}.items():
        assert_mean_is((found[:, n] - on_dense["y"][:, n]) ** 2, value)
