"""What trained networks predict on sequences, and what they hold inside on the way."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Float

from papers.shared.trained_network import network
from reprise.specs.runs import RunSpec

Params = Mapping[str, np.ndarray]

CHUNK = 256
"""Sequences of one forward pass."""


def predictions(
    spec: RunSpec, params: Params, x: Float[np.ndarray, "sequence token dim"]
) -> Float[np.ndarray, "sequence token out"]:
    """What the network says follows each token of ``x``, float64."""
    graph, state = nnx.split(network(spec, params))
    return _in_chunks(lambda part: _outputs(graph, state, part), x)


def streams(
    spec: RunSpec, params: Params, x: Float[np.ndarray, "sequence token dim"]
) -> Float[np.ndarray, "layer sequence token feature"]:
    """The residual stream before the first layer (index 0) and after every layer, float32."""
    graph, state = nnx.split(network(spec, params))
    parts = [
        np.asarray(_streams(graph, state, _single(x[i : i + CHUNK])))
        for i in range(0, len(x), CHUNK)
    ]
    return np.concatenate(parts, axis=1)


def losses(
    predicted: Float[np.ndarray, "sequence token out"], y: Float[np.ndarray, "sequence token out"]
) -> Float[np.ndarray, "sequence token"]:
    """Half the squared error of every prediction, summed over numbers."""
    return np.asarray(0.5 * ((predicted - y) ** 2).sum(axis=-1))


def _in_chunks(function: Any, x: np.ndarray) -> np.ndarray:
    parts = [
        np.asarray(function(_single(x[i : i + CHUNK])), float) for i in range(0, len(x), CHUNK)
    ]
    return np.concatenate(parts)


@partial(jax.jit, static_argnums=0)
def _outputs(graph: Any, state: Any, x: Any) -> jax.Array:
    found: jax.Array = nnx.merge(graph, state)(x)
    return found


@partial(jax.jit, static_argnums=0)
def _streams(graph: Any, state: Any, x: Any) -> jax.Array:
    found = nnx.merge(graph, state).streams(x)
    return jnp.stack(found).transpose(0, 3, 2, 1)


def _single(x: np.ndarray) -> jax.Array:
    return jnp.asarray(x, jnp.float32)
