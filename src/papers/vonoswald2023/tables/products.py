"""Trained linear networks by their products, compressed, and between both (Appendix F.1.2)."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from papers.vonoswald2023.theory import attention_products
from papers.vonoswald2023.theory.gradient_steps import Scalars, read_scalars
from reprise.specs.runs import RunSpec

CHUNK = 256
"""Sequences of one forward pass."""

Sequences = Float[np.ndarray, "sequence token dim"]


class Products(NamedTuple):
    """``kq`` = W_k^T W_q and ``pv`` = P W_v, [layer, head, width, width]."""

    kq: np.ndarray
    pv: np.ndarray


def layer_products(spec: RunSpec, params: Mapping[str, np.ndarray]) -> Products:
    """The products of a network of linear layers with these parameters, float64."""
    model: Any = spec.model
    found = [_products(params, number, model.heads) for number in range(len(model.layers))]
    return Products(np.stack([kq for kq, _ in found]), np.stack([pv for _, pv in found]))


def compressed(products: Products, size: int) -> Products:
    """One number per block of ``size`` x ``size`` entries: CompressedAlg."""
    return Products(*(attention_products.compressed(part, size) for part in products))


def between(first: Products, second: Products) -> Products:
    """The mean of two networks' products, not of their factors: Interpolation."""
    return Products(*((a + b) / 2 for a, b in zip(first, second, strict=True)))


def scalars(products: Products, size: int) -> Scalars:
    """The six numbers per head that a network of one layer is described by."""
    kq, pv = (attention_products.block_scalars(part[0], size) for part in products)
    return read_scalars(kq, pv)


def predictions(products: Products, x: Sequences, size: int, clip: float | None) -> Sequences:
    """The first ``size`` numbers of every token of ``x`` after the last layer, float64."""
    kq, pv = (jnp.asarray(part, jnp.float32) for part in products)
    parts = [
        _last(jnp.asarray(x[start : start + CHUNK], jnp.float32), kq, pv, size, clip)
        for start in range(0, len(x), CHUNK)
    ]
    return np.concatenate([np.asarray(part, float) for part in parts])


@partial(jax.jit, static_argnums=(3, 4))
def _last(x: jax.Array, kq: jax.Array, pv: jax.Array, size: int, clip: float | None) -> jax.Array:
    found: jax.Array = attention_products.attend(x, kq, pv, clip)[-1][..., :size]
    return found


def _products(params: Mapping[str, np.ndarray], number: int, heads: int) -> Products:
    query, key, value, out = (
        np.asarray(params[f"layers.{number}.attention.{name}.weight"], float)
        for name in ("query", "key", "value", "out")
    )
    query, key, value = (w.reshape(len(w), heads, -1) for w in (query, key, value))
    kq = np.einsum("ihc,jhc->hij", key, query)
    return Products(kq, np.einsum("hco,ihc->hoi", out.reshape(heads, -1, out.shape[1]), value))
