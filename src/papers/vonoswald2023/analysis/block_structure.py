"""How much of weight products is multiples of the identity, block by block, over all heads at once.

Products [head, slots * size, slots * size] of linear attention on tokens of slots: gradient steps
have c_ij I in every block (von Oswald et al. 2023, Figures 3B, 9 and 13).
"""

import numpy as np
from jaxtyping import Float

Products = Float[np.ndarray, "head width width"]


def block_shares(products: Products, size: int) -> Float[np.ndarray, "slots slots"]:
    """Share of the squared norm that lies in each block, all heads together; NaN for zeros."""
    squares = _blocks(products, size) ** 2
    return _over(squares.sum(axis=(0, 2, 4)), squares.sum())


def diagonal_shares(products: Products, size: int) -> Float[np.ndarray, "slots slots"]:
    """Share of the squared norm on each block's diagonal; their sum, rho, is 1 / size for noise.

    A block of c I has no other entries, but so has a block of unequal diagonal entries.
    """
    squares = _blocks(products, size) ** 2
    return _over(np.einsum("hiaja->ij", squares), squares.sum())


def largest_block(products: Products, size: int) -> tuple[int, int]:
    """Row and column of the block of the largest norm."""
    shares = block_shares(products, size)
    row, column = np.unravel_index(int(np.argmax(shares)), shares.shape)
    return int(row), int(column)


def _blocks(products: Products, size: int) -> Float[np.ndarray, "head slots size slots size"]:
    heads, width, _ = products.shape
    if width % size:
        raise ValueError(f"size must divide the {width} rows of a product, got {size}")
    return np.asarray(products, float).reshape(heads, width // size, size, width // size, size)


def _over(parts: np.ndarray, total: float) -> np.ndarray:
    return np.asarray(parts / total if total > 0 else np.full(parts.shape, np.nan))
