"""Exact prediction of bigram documents: against loops, drawn tables, and each other."""

import itertools

import numpy as np
import pytest

from papers.vonoswald2023.theory import dirichlet_bigrams as exact

STRENGTH = 0.8


def drawn(count, length, words=5, seed=0):
    """Documents of tables drawn row by row, the base, and -log of the true probabilities."""
    rng = np.random.default_rng(seed)
    base = rng.dirichlet(np.full(words, 2.0), size=words)
    tokens = np.zeros((count, length + 1), int)
    true = np.zeros((count, length))
    for n in range(count):
        table = np.array([rng.dirichlet(STRENGTH * row) for row in base])
        for t in range(length):
            tokens[n, t + 1] = rng.choice(words, p=table[tokens[n, t]])
            true[n, t] = -np.log(table[tokens[n, t], tokens[n, t + 1]])
    return tokens, base, true


def test_bayes_counts():
    tokens, base, _ = drawn(3, 30)
    found = exact.bayes(tokens, base, STRENGTH)
    for n, document in enumerate(tokens):
        counts = np.zeros_like(base)
        for t, (now, after) in enumerate(itertools.pairwise(document)):
            row = counts[now] + STRENGTH * base[now]
            assert found[n, t] == pytest.approx(-np.log(row[after] / row.sum()))
            counts[now, after] += 1


def test_the_floor_has_the_mean_of_true_probabilities_with_less_spread():
    tokens, base, true = drawn(1500, 12)
    floor = exact.table_known(tokens, base, STRENGTH)
    difference = (floor - true).mean(axis=1)
    assert abs(difference.mean()) < 4 * difference.std() / len(difference) ** 0.5
    assert floor.mean(axis=1).std() < true.mean(axis=1).std()


def test_the_floor_is_an_average_over_the_posterior():
    tokens, base, _ = drawn(1, 15, words=3)
    rng, document = np.random.default_rng(1), tokens[0]
    counts = np.zeros_like(base)
    for now, after in itertools.pairwise(document):
        counts[now, after] += 1
    tables = np.stack(
        [rng.dirichlet(STRENGTH * base[i] + counts[i], size=20000) for i in range(3)], axis=1
    )
    sampled = -np.log(tables[:, document[:-1], document[1:]])
    error = sampled.std(axis=0) / len(tables) ** 0.5
    found = exact.table_known(tokens, base, STRENGTH)[0]
    assert (np.abs(found - sampled.mean(axis=0)) < 5 * error).all()


def test_no_predictor_without_the_table_is_below_bayes_which_nears_the_floor():
    tokens, base, true = drawn(300, 60)
    bayes, alone = exact.bayes(tokens, base, STRENGTH), exact.base_only(tokens, base)
    wrong = exact.bayes(tokens, base, 4 * STRENGTH)
    assert true.mean() < bayes.mean() < min(wrong.mean(), alone.mean())
    np.testing.assert_allclose(bayes[:, 0], alone[:, 0])
    late = slice(40, None)
    assert (bayes - true)[:, late].mean() < 0.3 * (bayes - true)[:, :10].mean()
