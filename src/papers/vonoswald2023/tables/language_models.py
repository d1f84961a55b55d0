"""What language models make of documents: losses of every token, and where they attend to."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from papers.shared.token_losses import token_losses
from papers.shared.trained_network import in_batches
from papers.vonoswald2023.spec import MesaLanguageModel
from papers.vonoswald2023.tables.networks import BATCH, trained
from papers.vonoswald2023.theory import dirichlet_bigrams
from reprise.results import Inputs
from reprise.specs.runs import RunSpec
from reprise.training.network import network

Documents = Mapping[str, np.ndarray]
Params = Mapping[str, np.ndarray]


class Model(NamedTuple):
    """A row's keys. Predictors that are no networks have 0 layers."""

    layers: int
    attention: str
    """Of the last layer, the others being softmax; or bayes, table_known, base_only."""
    nu: int
    mlp: int
    """Hidden features of the MLPs over the width, 0 where there are none."""
    seed: int | None


class LanguageModel(NamedTuple):
    """One trained network."""

    model: Model
    spec: RunSpec
    params: Params


def networks(inputs: Inputs) -> Iterator[LanguageModel]:
    """Every network that stayed finite; of softmax networks, which have no feature map, nu is 0."""
    for result in inputs.runs.values():
        for seed, spec, params, _ in trained(result):
            shape = spec.model
            assert isinstance(shape, MesaLanguageModel)
            kind = shape.layers[-1]
            nu = 0 if kind == "softmax" else shape.nu
            yield LanguageModel(
                Model(len(shape.layers), kind, nu, shape.mlp_ratio, seed), spec, params
            )


def all_losses(inputs: Inputs) -> dict[Model, Float[np.ndarray, "document token"]]:
    """Losses in nats of exact predictors (first) and of every network."""
    (data,) = inputs.datasets.values()
    found = {Model(0, name, 0, 0, None): losses for name, losses in exact_losses(data).items()}
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
    return np.asarray(in_batches(_losses, network(spec, params), tokens, BATCH), float)


def first_layer(
    spec: RunSpec, params: Params, tokens: Int[np.ndarray, "document token"]
) -> Float[np.ndarray, "document head query key"]:
    """Softmax weights of the first layer."""
    weights = in_batches(_weights, network(spec, params), tokens[:, :-1], BATCH)
    return np.asarray(weights, float)


def _losses(module: Any, tokens: jax.Array) -> jax.Array:
    return token_losses(module(tokens[:, :-1]), tokens[:, 1:])


def _weights(module: Any, x: jax.Array) -> jax.Array:
    layer = module.layers[0]
    weights: jax.Array = layer.attention.weights(layer.norms[0](module.embedded(x)))
    return weights
