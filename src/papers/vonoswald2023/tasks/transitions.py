"""Random transition matrices W of linear dynamics, drawn from a ``Source`` (JAX or NumPy)."""

from typing import Any

from papers.shared.rng import Source

SMALLEST, LARGEST = 0.3, 0.9
"""Ends of the eigenvalues of contracting systems (von Oswald et al. 2024, App. E.1)."""


def haar(source: Source, count: int, dims: int) -> Any:
    """Orthogonal matrices [count, dims, dims], uniform on the group.

    Q of the QR decomposition of a Gaussian matrix, with the signs that make the diagonal of R
    positive (Mezzadri 2007).
    """
    xp = source.xp
    q, r = xp.linalg.qr(source.normal(count, dims, dims))
    diagonal = xp.diagonal(r, axis1=1, axis2=2)
    return q * xp.where(diagonal < 0, -1, 1).astype(source.dtype)[:, None, :]


def contracting(source: Source, count: int, dims: int) -> Any:
    """Matrices V diag(mu) V^-1 [count, dims, dims] with the entries of V standard normal.

    One eigenvalue is 0.9, the others are uniform in [0.3, 0.9] (App. E.1). Their order does not
    matter: the columns of V are exchangeable.
    """
    xp = source.xp
    vectors = source.named("vectors").normal(count, dims, dims)
    others = SMALLEST + (LARGEST - SMALLEST) * source.named("values").uniform(count, dims - 1)
    values = xp.concatenate([others, xp.full((count, 1), LARGEST, source.dtype)], axis=1)
    scaled = vectors * values[:, None, :]
    return xp.linalg.solve(vectors.swapaxes(1, 2), scaled.swapaxes(1, 2)).swapaxes(1, 2)
