"""Trained networks with a linear layer fitted to each of their layers."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from papers.shared.trained_network import in_batches
from papers.vonoswald2023.analysis.distillation import Distilled, Fit, attention_pair, distilled
from papers.vonoswald2023.models.mesa_transformer import Network
from papers.vonoswald2023.spec import LinearDynamics, MesaTransformer
from papers.vonoswald2023.tables.networks import BATCH, Trained
from papers.vonoswald2023.tasks import linear_dynamics
from reprise.results import Inputs
from reprise.specs.runs import RunSpec
from reprise.training.network import network
from reprise.training.progress import done


class Fitted(NamedTuple):
    """A network and what its layers were distilled into."""

    spec: RunSpec
    net: Network
    layers: list[Distilled]
    unexplained: list[float]
    """Share of the energy of a layer's output that its linear layer misses, at the end."""


def fitted(inputs: Inputs, one: Trained) -> Fitted:
    """Linear layers for the layers of a network.

    Params of the table: ``activations`` (sequences to fit on), ``steps``, ``rate``, ``batch``,
    ``seed``.
    """
    p, spec = inputs.params, one.spec
    assert isinstance(spec.model, MesaTransformer)
    net = network(spec, one.params)
    assert isinstance(net, Network)
    fit = Fit(int(p["steps"]), float(p["rate"]), batch=int(p["batch"]))
    key = jax.random.key(int(p["seed"]))
    x = sequences(spec, int(p["activations"]), int(p["seed"]))["x"]
    layers, missed = [], []
    for number, h in enumerate(streams(net, x)[:-1]):
        pair = in_batches(attention_pair, net.layers[number], h, BATCH, axis=-1)
        read, wanted = (jnp.asarray(part.transpose(2, 1, 0)) for part in pair)
        found = distilled(spec.model, number, read, wanted, fit, jax.random.fold_in(key, number))
        energy = 0.5 * (pair[1] ** 2).sum(axis=0).mean()
        last = np.asarray(found.errors)[-max(1, fit.steps // 20) :]
        layers.append(found)
        missed.append(float(last.mean() / energy))
        done()
    return Fitted(spec, net, layers, missed)


def sequences(spec: RunSpec, count: int, seed: int) -> dict[str, np.ndarray]:
    """Fresh sequences of the network's task."""
    assert isinstance(spec.task, LinearDynamics)
    return linear_dynamics.evaluation(spec.task, count, seed)


def streams(net: Network, x: np.ndarray) -> list[np.ndarray]:
    """The residual stream [width, token, sequence] before the first and after every layer."""
    found = [np.asarray(x, np.float32).transpose(2, 1, 0)]
    if net.maps:
        found = [through(net.maps[0], found[0])]
    for layer in net.layers:
        found.append(through(layer, found[-1]))
    return found


def through(layer: nnx.Module, h: np.ndarray) -> np.ndarray:
    """The residual stream behind ``layer``, or behind a map into it."""
    after: np.ndarray = in_batches(_call, layer, h, BATCH, axis=-1)
    return after


def _call(module: Any, h: jax.Array) -> jax.Array:
    after: jax.Array = module(h)
    return after
