"""The slots of tokens, as section 2.4 and Fig. 9 lay them out."""

import jax.numpy as jnp
import numpy as np
import pytest

from papers.vonoswald2023.tasks.sequence_tokens import previous, tokens

S = np.arange(1.0, 13).reshape(2, 3, 2)
NOTHING, BEFORE = (
    np.zeros((2, 3, 2)),
    np.stack([[[0, 0], [1, 2], [3, 4]], [[0, 0], [7, 8], [9, 10]]]),
)


@pytest.mark.parametrize("library", [np, jnp])
@pytest.mark.parametrize(
    ("kind", "slots"),
    [
        ("plain", [S]),
        ("constructed", [NOTHING, S, S, BEFORE]),
        ("constructed_one_layer", [NOTHING, NOTHING, S, BEFORE]),
        ("constructed_compact", [NOTHING, S, BEFORE]),
    ],
)
def test_slots_are_in_their_order(kind, slots, library):
    found = tokens(kind, library.asarray(S))
    np.testing.assert_array_equal(found, np.concatenate(slots, axis=-1))


def test_slots_are_blocks_of_neighbouring_numbers():
    token = tokens("constructed", S)[0, 1]
    assert token.tolist() == [0, 0, 3, 4, 3, 4, 1, 2]


def test_the_first_has_no_previous():
    s = np.arange(6.0).reshape(1, 3, 2)
    np.testing.assert_array_equal(previous(s)[0], [[0, 0], [0, 1], [2, 3]])
