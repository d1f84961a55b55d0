"""Softmax attention in two parts, and the cosine of its true and its relaxed update."""

import numpy as np
import pytest

from papers.dai2022.analysis.update_similarity import cosine
from papers.dai2022.theory.attention_split import expected_cosine, relaxed_update, split

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_the_parts_add_up_to_attention_over_all(scale: float) -> None:
    own, demos = scale * RNG.normal(size=(5, 3)), scale * RNG.normal(size=(5, 4))
    own_values, values = RNG.normal(size=(3, 2)), RNG.normal(size=(4, 2))
    found = split(own, own_values, demos, values)
    scores = np.concatenate([demos, own], axis=1)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    whole = weights @ np.concatenate([values, own_values])
    np.testing.assert_allclose(found.whole, whole, atol=1e-13)
    np.testing.assert_allclose(found.own_share, weights[:, 4:].sum(axis=1), atol=1e-13)
    # The update is what demonstrations add to attention without them.
    np.testing.assert_allclose(found.update, whole - found.own, atol=1e-13)


def test_the_relaxed_update_weighs_values_by_scores() -> None:
    scores, values = RNG.normal(size=(2, 4)), RNG.normal(size=(4, 3))
    expected = sum(scores[:, i, None] * values[i] for i in range(4))
    np.testing.assert_allclose(relaxed_update(scores, values), expected, atol=1e-14)


def test_the_cosine_of_many_tokens_is_that_of_the_limit() -> None:
    """Two thousand tokens of 256 features, with scores of deviation 0.8."""
    rng = np.random.default_rng(1)
    own, demos = np.split(0.8 * rng.normal(size=(20, 1, 2000)), [1200], axis=2)
    values = rng.normal(size=(20, 2000, 256))
    parts = split(own, values[:, :1200], demos, values[:, 1200:])
    found = cosine(parts.update, relaxed_update(demos, values[:, 1200:])).mean()
    assert found == pytest.approx(expected_cosine(0.8, 800, 1200), abs=0.03)
