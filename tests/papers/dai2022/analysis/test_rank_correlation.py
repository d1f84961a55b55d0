"""Rank correlation against the count of all pairs."""

import numpy as np
import pytest

from papers.dai2022.analysis.rank_correlation import example_sums, kendall


def pairs(a: np.ndarray, b: np.ndarray) -> float:
    n = len(a)
    signs = [np.sign((a[i] - a[j]) * (b[i] - b[j])) for i in range(n) for j in range(i)]
    return float(np.sum(signs)) / (n * (n - 1) / 2)


def test_tau_counts_concordant_and_discordant_pairs() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(2, 3, 40)).astype(np.float32)
    b = (a + rng.normal(size=a.shape)).astype(np.float32)
    found = kendall(a, b)
    assert found.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert found[place] == pytest.approx(pairs(a[place], b[place]), abs=1e-12)


def test_one_order_serves_all_layers_and_queries() -> None:
    scores = np.random.default_rng(1).normal(size=(2, 3, 10))
    position = np.arange(10.0)
    found = kendall(scores, position)
    assert found[1, 2] == pytest.approx(pairs(scores[1, 2], position), abs=1e-12)
    np.testing.assert_allclose(kendall(scores, -scores), -1)


def test_independent_orders_scatter_as_theory_says() -> None:
    a, b = np.random.default_rng(2).normal(size=(2, 2000, 50))
    found = kendall(a, b)
    deviation = np.sqrt(2 * (2 * 50 + 5) / (9 * 50 * (50 - 1)))
    assert found.std() == pytest.approx(deviation, rel=0.05)
    assert abs(found.mean()) < 4 * deviation / np.sqrt(2000)


def test_weights_of_examples_sum_to_one_and_survive_large_scores() -> None:
    example = np.array([0, 0, 1, 1, 1, 2])
    scores = np.random.default_rng(3).normal(size=(4, 6))
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = np.stack([weights[:, :2].sum(1), weights[:, 2:5].sum(1), weights[:, 5]], axis=1)
    np.testing.assert_allclose(np.exp(example_sums(scores, example)), expected, rtol=1e-12)
    large = example_sums(np.float32([[1000, 0, -1000, -1001, -1002, 500]]), example)
    np.testing.assert_array_equal(np.argsort(large), [[1, 2, 0]])
