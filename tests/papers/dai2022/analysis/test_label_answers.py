"""Answers, calibration and recall on tables small enough to count by hand."""

import numpy as np
from scipy.special import log_softmax

from papers.dai2022.analysis.label_answers import (
    answers,
    content_free,
    mean_centred,
    recall_terms,
    recalls,
)


def test_recall_counts_corrected_queries() -> None:
    zsl = np.array([0, 0, 0, 0, 0, 1, 1, 1], bool)
    ft = np.array([1, 1, 1, 0, 0, 1, 0, 0], bool)
    icl = np.array([1, 1, 0, 1, 0, 0, 1, 0], bool)
    terms = recall_terms(zsl, ft, icl)
    np.testing.assert_array_equal(terms.sum(axis=0), [3, 2, 5, 3])
    np.testing.assert_allclose(recalls(terms.mean(axis=0)), [200 / 3, 60])
    resampled = recalls(terms[[0, 0, 2, 3, 7]].mean(axis=0))
    np.testing.assert_allclose(resampled, [200 / 3, 75])


def test_recall_of_nothing_is_not_a_number() -> None:
    assert np.isnan(recalls(recall_terms(*np.ones((3, 2, 3), bool)).mean(axis=-2))).all()


def test_a_bias_of_labels_is_taken_away() -> None:
    """Logits that favour class 0 for all queries alike, with or without content."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, size=300)
    bias = np.array([8.0, 0.0, -4.0])
    evidence = np.eye(3)[labels] - np.eye(3)[labels].mean(axis=0)
    log_probs = log_softmax(evidence + bias, axis=-1) - 2
    free = log_softmax(np.stack([bias, bias]), axis=-1) - 1
    assert (answers(log_probs) == 0).all()
    np.testing.assert_array_equal(answers(content_free(log_probs, free)), labels)
    np.testing.assert_array_equal(answers(mean_centred(log_probs)), labels)


def test_content_free_scores_divide_by_the_mean_probability() -> None:
    log_probs, free = np.log(np.random.default_rng(1).uniform(0.1, 0.3, size=(2, 4, 3)))
    expected = np.log(np.exp(log_probs) / np.exp(free).mean(axis=0))
    np.testing.assert_allclose(content_free(log_probs, free), expected, rtol=1e-12)
