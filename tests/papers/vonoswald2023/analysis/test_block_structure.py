"""Structure of weight products: constructed blocks, noise, and loops."""

import numpy as np
import pytest

from papers.vonoswald2023.analysis.block_structure import (
    block_shares,
    diagonal_shares,
    largest_block,
)
from papers.vonoswald2023.theory.attention_products import diagonal_share, from_scalars

RNG = np.random.default_rng(0)


def test_multiples_of_the_identity_lie_on_diagonals():
    scalars = RNG.normal(size=(2, 3, 3))
    found = diagonal_shares(from_scalars(scalars, 4), 4)
    expected = (scalars**2).sum(axis=0) / (scalars**2).sum()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(found.sum(), 1, rtol=1e-12)


def test_noise_has_its_share():
    products = RNG.normal(size=(40, 30, 30))
    np.testing.assert_allclose(diagonal_shares(products, 10).sum(), 0.1, rtol=0.05)
    np.testing.assert_allclose(block_shares(products, 10), 1 / 9, rtol=0.06)


def test_heads_are_weighed_by_their_norm():
    products = RNG.normal(size=(3, 6, 6)) * np.array([1.0, 3.0, 0.1])[:, None, None]
    norms = (products**2).sum(axis=(1, 2))
    expected = (diagonal_share(products, 2) * norms).sum() / norms.sum()
    np.testing.assert_allclose(diagonal_shares(products, 2).sum(), expected, rtol=1e-12)


def test_the_largest_block_is_found_by_row_and_column():
    products = RNG.normal(size=(2, 8, 8))
    products[:, 6:8, 2:4] *= 5
    assert largest_block(products, 2) == (3, 1)
    by_loop = [
        [(products[:, i : i + 2, j : j + 2] ** 2).sum() for j in (0, 2, 4, 6)] for i in (0, 2, 4, 6)
    ]
    np.testing.assert_allclose(block_shares(products, 2), by_loop / np.sum(by_loop), rtol=1e-12)


def test_zeros_have_no_structure():
    assert np.isnan(diagonal_shares(np.zeros((1, 4, 4)), 2)).all()


def test_blocks_must_fit():
    with pytest.raises(ValueError, match="divide the 5 rows"):
        block_shares(np.zeros((1, 5, 5)), 2)
