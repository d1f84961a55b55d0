"""Stacks of observations: order, beginnings, depths."""

import jax.numpy as jnp
import numpy as np
import pytest

from papers.vonoswald2023.theory.lag_embedding import stacked


def test_stacks_put_the_newest_first():
    s = np.arange(1.0, 9).reshape(1, 4, 2)
    assert stacked(s, 3)[0].tolist() == [
        [1, 2, 0, 0, 0, 0],
        [3, 4, 1, 2, 0, 0],
        [5, 6, 3, 4, 1, 2],
        [7, 8, 5, 6, 3, 4],
    ]
    np.testing.assert_array_equal(stacked(s, 1), s)
    assert stacked(s, 6).shape == (1, 4, 12)
    np.testing.assert_array_equal(stacked(jnp.asarray(s), 3), stacked(s, 3))


def test_no_depth_is_refused():
    with pytest.raises(ValueError, match="depth must be at least 1, got 0"):
        stacked(np.ones((1, 4, 2)), 0)
