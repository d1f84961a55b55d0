"""What trained networks predict on sequences, and what they hold inside on the way."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from papers.shared.attention import LANES
from papers.shared.trained_network import batches, in_batches
from reprise.results import RunResult, finished, member_spec
from reprise.specs.runs import RunSpec
from reprise.training.network import network

Params = Mapping[str, np.ndarray]
Sequences = Float[np.ndarray, "sequence token dim"]
Streams = Float[np.ndarray, "layer sequence token feature"]

BATCH = 2 * LANES - 1
"""Sequences of a forward pass: attention's form for multiples of LANES compiles for longer than
tables run."""


class Trained(NamedTuple):
    """One trained network of a run."""

    seed: int
    spec: RunSpec
    params: Params
    member: int


def trained(result: RunResult) -> list[Trained]:
    """The networks of a run that stayed finite, in the order of its members."""
    return [
        Trained(
            int(result.members.at[member, "seed"]),
            member_spec(result, member),
            result.params[member],
            member,
        )
        for member in finished(result)
    ]


def split(data: Mapping[str, np.ndarray]) -> tuple[Sequences, Sequences]:
    """Observations s_1, ..., s_T of a dataset, and what follows each."""
    observations = np.asarray(data["observations"], float)
    return observations[:, :-1], observations[:, 1:]


def predictions(
    spec: RunSpec, params: Params, x: Sequences
) -> Float[np.ndarray, "sequence token out"]:
    """What the network says follows each token of ``x``, float64."""
    outputs = in_batches(_outputs, network(spec, params), np.asarray(x, np.float32), BATCH)
    return np.asarray(outputs, float)


def streams(spec: RunSpec, params: Params, x: Sequences) -> Streams:
    """The residual stream before the first layer (index 0) and after every layer, float32."""
    return _joined(_streams, spec, params, x)


def first_layer(spec: RunSpec, params: Params, x: Sequences) -> Streams:
    """The residual stream after the first layer alone, [1, sequence, token, feature]."""
    return _joined(_first_layer, spec, params, x)


def losses(
    predicted: Float[np.ndarray, "sequence token out"], y: Float[np.ndarray, "sequence token out"]
) -> Float[np.ndarray, "sequence token"]:
    """Half the squared error of every prediction, summed over numbers."""
    return np.asarray(0.5 * ((predicted - y) ** 2).sum(axis=-1))


def _joined(function: Callable[..., Any], spec: RunSpec, params: Params, x: Sequences) -> Streams:
    parts = batches(function, network(spec, params), np.asarray(x, np.float32), BATCH)
    return np.concatenate(list(parts), axis=1)


def _outputs(module: Any, x: jax.Array) -> jax.Array:
    outputs: jax.Array = module(x)
    return outputs


def _streams(module: Any, x: jax.Array) -> jax.Array:
    return jnp.stack(module.streams(x)).transpose(0, 3, 2, 1)


def _first_layer(module: Any, x: jax.Array) -> jax.Array:
    found: jax.Array = module.streams(x, 1)[1].transpose(2, 1, 0)[None]
    return found
