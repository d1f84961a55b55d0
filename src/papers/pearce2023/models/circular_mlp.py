"""A small ReLU network between two frozen circles: 4 * hidden trained numbers."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.nn import initializers
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int

from papers.pearce2023.spec import CircularMLP, ModularAddition

Pairs = Int[Array, "n 2"] | Int[np.ndarray, "n 2"]

IN_PROJECTION, OUT_PROJECTION = range(2)
"""Constants folded into the root key, one per tensor."""


def circular_embedding(modulus: int) -> np.ndarray:
    """E [M, 2]: columns cos and sin of 2 pi i / M, each of unit L2 norm (amplitude sqrt(2 / M)).

    The published notebook scales the columns; the article's formula leaves the scale out.
    """
    angle = 2 * np.pi * np.arange(modulus) / modulus
    columns = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return columns / np.linalg.norm(columns, axis=0)


class Network(nnx.Module):
    """logits = relu(E_a H + E_b H) O E^T with E the frozen circle (Pearce et al. 2023, F10-F13)."""

    def __init__(
        self,
        in_projection: jax.Array | np.ndarray,
        out_projection: jax.Array | np.ndarray,
        modulus: int,
    ):
        """Wrap given tensors: H [2, hidden] and O [hidden, 2]."""
        self.in_projection = nnx.Param(jnp.asarray(in_projection))
        self.out_projection = nnx.Param(jnp.asarray(out_projection))
        self.modulus = modulus

    def __call__(self, x: Pairs) -> Float[Array, "n M"]:
        """Logits [n, M] of the pairs ``x``, int [n, 2]."""
        projection = self.in_projection[...]
        embed = jnp.asarray(circular_embedding(self.modulus), projection.dtype)
        rows = embed @ projection
        activation = jax.nn.relu(rows[x[:, 0]] + rows[x[:, 1]])
        return activation @ (self.out_projection[...] @ embed.T)


def build(spec: CircularMLP, task: ModularAddition, key: jax.Array, dtype: DTypeLike) -> Network:
    """A network drawn from ``key``: normals cut at two sigma, sigma = 1 / sqrt(fan_in)."""

    def project(name: int, rows: int, columns: int) -> jax.Array:
        draw = initializers.truncated_normal(stddev=rows**-0.5)
        return draw(jax.random.fold_in(key, name), (rows, columns), dtype)

    return Network(
        project(IN_PROJECTION, 2, spec.hidden),
        project(OUT_PROJECTION, spec.hidden, 2),
        task.modulus,
    )


def views(module: Network) -> dict[str, jax.Array]:
    """W_in_proj [2, hidden] and W_out_proj [hidden, 2]."""
    return {"W_in_proj": module.in_projection[...], "W_out_proj": module.out_projection[...]}
