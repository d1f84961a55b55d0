"""What language models make of documents: losses of every token, and where they attend to."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Float, Int

from papers.shared.token_losses import token_losses
from papers.shared.trained_network import network
from papers.vonoswald2023.spec import MesaLanguageModel
from papers.vonoswald2023.theory import dirichlet_bigrams
from reprise.results import Inputs, finished, member_spec
from reprise.specs.runs import RunSpec

Documents = Mapping[str, np.ndarray]
Params = Mapping[str, np.ndarray]

CHUNK = 32
"""Documents of one forward pass."""


class Model(NamedTuple):
    """A row's keys. Predictors that are no networks have 0 layers."""

    layers: int
    attention: str
    """Of the last layer, the others being softmax; or bayes, table_known, base_only."""
    nu: int
    mlp: int
    """Hidden features of the MLPs over the width, 0 where there are none."""


class Trained(NamedTuple):
    """One trained network."""

    model: Model
    spec: RunSpec
    params: Params


def networks(inputs: Inputs) -> Iterator[Trained]:
    """Every network that stayed finite; of softmax networks, which have no feature map, nu is 0."""
    for result in inputs.runs.values():
        for member in finished(result):
            spec = member_spec(result, member)
            shape = spec.model
            assert isinstance(shape, MesaLanguageModel)
            kind = shape.layers[-1]
            nu = 0 if kind == "softmax" else shape.nu
            model = Model(len(shape.layers), kind, nu, shape.mlp_ratio)
            yield Trained(model, spec, result.params[member])


def all_losses(inputs: Inputs) -> dict[Model, Float[np.ndarray, "document token"]]:
    """Losses in nats of exact predictors (first) and of every network."""
    (data,) = inputs.datasets.values()
    found = {Model(0, name, 0, 0): losses for name, losses in exact_losses(data).items()}
    for one in networks(inputs):
        found[one.model] = network_losses(one.spec, one.params, data["tokens"])
    return found


def exact_losses(data: Documents) -> dict[str, Float[np.ndarray, "document token"]]:
    """``base_only`` knows what documents share, ``bayes`` learns best, ``table_known`` knew."""
    tokens, table, strength = data["tokens"], data["table"], float(data["strength"][0])
    return {
        "base_only": dirichlet_bigrams.base_only(tokens, table),
        "bayes": dirichlet_bigrams.bayes(tokens, table, strength),
        "table_known": dirichlet_bigrams.table_known(tokens, table, strength),
    }


def network_losses(
    spec: RunSpec, params: Params, tokens: Int[np.ndarray, "document token"]
) -> Float[np.ndarray, "document target"]:
    """-log of the probability of tokens 2, 3, ... of every document, float64."""
    graph, state = nnx.split(network(spec, params))
    return _in_chunks(partial(_losses, graph, state), tokens)


def first_layer(
    spec: RunSpec, params: Params, tokens: Int[np.ndarray, "document token"]
) -> Float[np.ndarray, "document head query key"]:
    """Softmax weights of the first layer."""
    graph, state = nnx.split(network(spec, params))
    return _in_chunks(partial(_weights, graph, state), tokens[:, :-1])


def _in_chunks(function: Any, tokens: np.ndarray) -> np.ndarray:
    parts = (function(jnp.asarray(tokens[i : i + CHUNK])) for i in range(0, len(tokens), CHUNK))
    return np.concatenate([np.asarray(part, float) for part in parts])


@partial(jax.jit, static_argnums=0)
def _losses(graph: Any, state: Any, tokens: Any) -> jax.Array:
    found: jax.Array = token_losses(nnx.merge(graph, state)(tokens[:, :-1]), tokens[:, 1:])
    return found


@partial(jax.jit, static_argnums=0)
def _weights(graph: Any, state: Any, x: Any) -> jax.Array:
    module = nnx.merge(graph, state)
    layer = module.layers[0]
    found: jax.Array = layer.attention.weights(layer.norms[0](module.embedded(x)))
    return found
