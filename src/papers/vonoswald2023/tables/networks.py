"""What trained networks predict on sequences, and what they hold inside on the way."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from papers.shared.trained_network import batches, in_batches, network
from reprise.specs.runs import RunSpec

Params = Mapping[str, np.ndarray]

BATCH = 256
"""Sequences of one forward pass."""


def predictions(
    spec: RunSpec, params: Params, x: Float[np.ndarray, "sequence token dim"]
) -> Float[np.ndarray, "sequence token out"]:
    """What the network says follows each token of ``x``, float64."""
    outputs = in_batches(_outputs, network(spec, params), np.asarray(x, np.float32), BATCH)
    return np.asarray(outputs, float)


def streams(
    spec: RunSpec, params: Params, x: Float[np.ndarray, "sequence token dim"]
) -> Float[np.ndarray, "layer sequence token feature"]:
    """The residual stream before the first layer (index 0) and after every layer, float32."""
    parts = batches(_streams, network(spec, params), np.asarray(x, np.float32), BATCH)
    return np.concatenate(list(parts), axis=1)


def losses(
    predicted: Float[np.ndarray, "sequence token out"], y: Float[np.ndarray, "sequence token out"]
) -> Float[np.ndarray, "sequence token"]:
    """Half the squared error of every prediction, summed over numbers."""
    return np.asarray(0.5 * ((predicted - y) ** 2).sum(axis=-1))


def _outputs(module: Any, x: jax.Array) -> jax.Array:
    outputs: jax.Array = module(x)
    return outputs


def _streams(module: Any, x: jax.Array) -> jax.Array:
    return jnp.stack(module.streams(x)).transpose(0, 3, 2, 1)
