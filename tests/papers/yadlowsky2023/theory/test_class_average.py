"""Averaging over classes, against Bayes' rule written out."""

import numpy as np

from papers.yadlowsky2023.theory.class_average import ClassPosterior, average, class_probabilities

CLASSES = {
    "a": ClassPosterior(np.array([1.0, 2.0]), np.log(np.array([0.2, 0.5]))),
    "b": ClassPosterior(np.array([-1.0, 4.0]), np.log(np.array([0.6, 0.1]))),
}


def test_probabilities_and_mean_follow_bayes_rule():
    p = np.array([0.25 * 0.2 / (0.25 * 0.2 + 0.75 * 0.6), 0.25 * 0.5 / (0.25 * 0.5 + 0.75 * 0.1)])
    found = class_probabilities(CLASSES, {"a": 0.25, "b": 0.75})
    np.testing.assert_allclose(found["a"], p)
    np.testing.assert_allclose(found["b"], 1 - p)
    expected = p * np.array([1.0, 2.0]) + (1 - p) * np.array([-1.0, 4.0])
    np.testing.assert_allclose(average(CLASSES, {"a": 0.25, "b": 0.75}), expected)


def test_a_class_without_prior_has_no_say():
    np.testing.assert_array_equal(average(CLASSES, {"a": 1.0, "b": 0.0}), CLASSES["a"].mean)


def test_evidences_may_be_tiny_and_broadcast_over_queries():
    wide = {
        "a": ClassPosterior(np.ones((2, 3)), np.array([[-5000.0], [-9000.0]])),
        "b": ClassPosterior(np.zeros((2, 3)), np.array([[-5000.0], [-100.0]])),
    }
    found = average(wide, {"a": 0.5, "b": 0.5})
    np.testing.assert_allclose(found, [[0.5] * 3, [0.0] * 3])
