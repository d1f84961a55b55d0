"""On which observations the first layer's output at the last token depends.

Sensitivity at t' is |gradient of f_T with respect to s_t'| for every number of the residual stream
f after the first layer, mean over its numbers and sequences (von Oswald et al. 2023, Figures 16, 22
and 23).
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float


def sensitivities(
    network: Any, x: Float[np.ndarray, "sequence token dim"]
) -> Float[np.ndarray, " token"]:
    """Sensitivity of the first layer's output at T to every token of the sequences ``x``."""
    graph, state = nnx.split(network)
    return np.asarray(_sensitivities(graph, state, jnp.asarray(x, jnp.float32)), float)


@partial(jax.jit, static_argnums=0)
def _sensitivities(graph: Any, state: Any, x: Array) -> Array:
    network = nnx.merge(graph, state)

    def last(x: Array) -> Array:
        output: Array = network.streams(x, 1)[1][:, -1]
        return output

    output, pull_back = jax.vjp(last, x)

    # Sequences do not see each other: one way back serves the same number of all of them.
    def norms(feature: Array) -> Array:
        (slope,) = pull_back(jnp.zeros_like(output).at[feature].set(1))
        return jnp.linalg.norm(slope, axis=-1).mean(axis=0)

    return jax.lax.map(norms, jnp.arange(len(output))).mean(axis=0)
