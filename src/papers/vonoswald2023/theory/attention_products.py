"""Linear attention by its two products per head, and their compression to blocks.

A layer adds sum_h sum_{i <= t} B_h e_i (e_i^T A_h e_t) to e_t, with A = W_k^T W_q and B = P W_v: a
network of such layers is its products. CompressedAlg-d keeps one number per block of n_s x n_s
entries, c_ij I (von Oswald et al. 2024, Methods, App. F.1.2; Fig. 4A, B).

Products are [layer, head, e, e] with e = slots * n_s; arrays of NumPy or JAX.
"""

from typing import Any


def block_scalars(products: Any, size: int) -> Any:
    """c_ij [..., slots, slots]: the mean diagonals of the size x size blocks of ``products``."""
    width = products.shape[-1]
    if width % size:
        raise ValueError(f"size must divide the {width} rows of a product, got {size}")
    slots = width // size
    blocks = products.reshape(*products.shape[:-2], slots, size, slots, size)
    xp = products.__array_namespace__()
    return xp.einsum("...iaja->...ij", blocks) / size


def from_scalars(scalars: Any, size: int) -> Any:
    """Products [..., slots * size, slots * size] with the blocks c_ij I of ``scalars``."""
    xp = scalars.__array_namespace__()
    slots = scalars.shape[-1]
    identity = xp.eye(size, dtype=scalars.dtype)
    blocks = scalars[..., :, None, :, None] * identity[:, None, :]
    return blocks.reshape(*scalars.shape[:-2], slots * size, slots * size)


def compressed(products: Any, size: int) -> Any:
    """``products`` with every block replaced by its mean diagonal times I."""
    return from_scalars(block_scalars(products, size), size)


def diagonal_share(products: Any, size: int) -> Any:
    """Share [...] of the squared norm on the diagonals of blocks, rho; 1 / size for noise."""
    xp = products.__array_namespace__()
    slots = products.shape[-1] // size
    blocks = products.reshape(*products.shape[:-2], slots, size, slots, size)
    diagonals = xp.einsum("...iaja->...ija", blocks)
    return (diagonals**2).sum(axis=(-3, -2, -1)) / (products**2).sum(axis=(-2, -1))


def attend(tokens: Any, keys_queries: Any, values: Any, clip: float | None = None) -> list[Any]:
    """Tokens [n, T, e] before the first layer and after each: ``layer`` + 1 arrays.

    ``keys_queries`` A and ``values`` B are [layer, head, e, e]; causal, a token attends to itself,
    too. Where ``clip`` is given, tokens are clipped to [-clip, clip] after each layer.
    """
    xp = tokens.__array_namespace__()
    causal = xp.tril(xp.ones((tokens.shape[1],) * 2, dtype=tokens.dtype))
    found = [tokens]
    for a, b in zip(keys_queries, values, strict=True):
        e = found[-1]
        # [n, head, t, i]: e_i^T A_h e_t
        logits = e[:, None] @ a.swapaxes(-1, -2) @ e[:, None].swapaxes(-1, -2) * causal
        e = e + (logits @ (e[:, None] @ b.swapaxes(-1, -2))).sum(axis=1)
        found.append(e if clip is None else e.clip(-clip, clip))
    return found
