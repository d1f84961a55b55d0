"""One hidden ReLU layer on two embedded numbers, no biases, in sixteen architectures."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.nn import initializers
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int

from papers.pearce2023.spec import ModularAddition, ModularMLP

Pairs = Int[Array, "n 2"] | Int[np.ndarray, "n 2"]

EMBED, IN_PROJECTION, IN_PROJECTION_B, OUT_PROJECTION, UNEMBED = range(5)
"""Constants folded into the root key, one per tensor."""


class Network(nnx.Module):
    """logits = relu(W_input_a[a] + W_input_b[b]) W_output (Pearce et al. 2023, notebook cell 16).

    The products ``W_input = E H`` [M, hidden] and ``W_output = O E^T`` [hidden, M] are formed once
    per call and their rows gathered, which is the one-hot computation without its multiplications
    by zero. Tensors that a variant leaves out are None.
    """

    def __init__(
        self,
        embed: jax.Array,
        in_projection: jax.Array | None = None,
        in_projection_b: jax.Array | None = None,
        out_projection: jax.Array | None = None,
        unembed: jax.Array | None = None,
    ):
        """Wrap given tensors: E [M, d], H [d, hidden] for a (and b), O [hidden, d], U [d, M]."""
        self.embed = nnx.Param(embed)
        self.in_projection = _param(in_projection)
        self.in_projection_b = _param(in_projection_b)
        self.out_projection = _param(out_projection)
        self.unembed = _param(unembed)

    def __call__(self, x: Pairs) -> Float[Array, "n M"]:
        """Logits [n, M] of the pairs ``x``, int [n, 2]."""
        first, second = self.input_weights()
        activation = jax.nn.relu(first[x[:, 0]] + second[x[:, 1]])
        return activation @ self.output_weights()

    def input_weights(self) -> tuple[jax.Array, jax.Array]:
        """W_input of a and of b, each [M, hidden]; one array where the in-projection is tied."""
        embed = self.embed[...]
        if self.in_projection is None:
            return embed, embed
        first = embed @ self.in_projection[...]
        return first, first if self.in_projection_b is None else embed @ self.in_projection_b[...]

    def output_weights(self) -> jax.Array:
        """W_output [hidden, M]."""
        unembed = self.embed[...].T if self.unembed is None else self.unembed[...]
        return unembed if self.out_projection is None else self.out_projection[...] @ unembed


def build(spec: ModularMLP, task: ModularAddition, key: jax.Array, dtype: DTypeLike) -> Network:
    """A network drawn from ``key``, with the distributions of the published notebook.

    All are normals cut at two sigma: E and U with a real standard deviation of sqrt(2 / fan_in),
    H and O with sigma = 1 / sqrt(fan_in), which the cut makes 0.88 of that. A collapsed output
    without a tied E of matching width is one free matrix [hidden, M], drawn as O is.
    """
    embed_init = initializers.variance_scaling(2.0, "fan_in", "truncated_normal")
    free_output = spec.collapsed_out and (not spec.tied_embed or spec.embed != spec.hidden)

    def draw(name: int, initializer: initializers.Initializer, *shape: int) -> jax.Array:
        return initializer(jax.random.fold_in(key, name), shape, dtype)

    def project(name: int, rows: int, columns: int) -> jax.Array:
        return draw(name, initializers.truncated_normal(stddev=rows**-0.5), rows, columns)

    tensors = {"embed": draw(EMBED, embed_init, task.modulus, spec.embed)}
    if not spec.collapsed_in:
        tensors["in_projection"] = project(IN_PROJECTION, spec.embed, spec.hidden)
        if not spec.tied_in_projection:
            tensors["in_projection_b"] = project(IN_PROJECTION_B, spec.embed, spec.hidden)
    if not spec.collapsed_out:
        tensors["out_projection"] = project(OUT_PROJECTION, spec.hidden, spec.embed)
    if free_output:
        tensors["unembed"] = project(UNEMBED, spec.hidden, task.modulus)
    elif not spec.tied_embed:
        tensors["unembed"] = draw(UNEMBED, embed_init, spec.embed, task.modulus)
    return Network(**tensors)


def views(module: Network) -> dict[str, jax.Array]:
    """W_input [M, hidden], W_output [hidden, M], and W_input_b where b has its own projection."""
    first, second = module.input_weights()
    extra = {} if module.in_projection_b is None else {"W_input_b": second}
    return {"W_input": first, "W_output": module.output_weights()} | extra


def _param(value: jax.Array | None) -> nnx.Param[jax.Array] | None:
    return None if value is None else nnx.Param(jnp.asarray(value))
