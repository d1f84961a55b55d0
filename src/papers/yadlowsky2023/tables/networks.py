"""What trained networks predict on prompts: forward passes compiled once per shape."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from papers.shared.attention import masked_attention
from papers.shared.trained_network import network
from papers.yadlowsky2023.models.causal_transformer import AT_X
from papers.yadlowsky2023.models.gpt2_blocks import through
from papers.yadlowsky2023.tasks.function_mixture import tokens
from papers.yadlowsky2023.tasks.pfn_regression import point_predictions
from reprise.specs.runs import RunSpec

Params = Mapping[str, np.ndarray]

CHUNK = 128
"""Prompts of one forward pass."""


def at_positions(spec: RunSpec, params: Params, inputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Predictions [prompt, pair] of every y from the pairs before it, by a causal network.

    ``inputs`` [prompt, pair, dim] or, in one dimension, [prompt, pair].
    """
    x = inputs if inputs.ndim == 3 else inputs[..., None]
    sequence = np.asarray(tokens(x, y), np.float32)
    length = sequence.shape[1]
    visible = np.tril(np.ones((length, length), bool))
    return _causal(spec, params, sequence, np.arange(length), visible, AT_X)


def at_queries(
    spec: RunSpec,
    params: Params,
    x: np.ndarray,
    y: np.ndarray,
    query_x: np.ndarray,
    examples: tuple[int, ...],
) -> np.ndarray:
    """Predictions [n, prompt, query] after the first n of the pairs, for each n of ``examples``.

    A causal network on one-dimensional ``x``, ``y`` [prompt, pair] and ``query_x`` [prompt, query].
    Every query follows the context at the next position and sees nothing but the context and
    itself, so that one pass answers all.
    """
    queries, longest = query_x.shape[1], max(examples)
    context = np.asarray(tokens(x[:, :longest, None], y[:, :longest]), np.float32)
    asked = np.tile(np.asarray(query_x, np.float32), (1, len(examples)))[..., None]
    known = np.repeat(2 * np.array(examples), queries)
    own = 2 * longest + np.arange(len(known))
    length = 2 * longest + len(known)
    visible = np.tril(np.ones((length, length), bool))
    visible[2 * longest :] = np.arange(length) < known[:, None]
    visible[own, own] = True
    place = np.concatenate([np.arange(2 * longest), known])
    sequence = np.concatenate([context, asked], axis=1)
    found = _causal(spec, params, sequence, place, visible, slice(2 * longest, None))
    return found.reshape(len(x), len(examples), queries).swapaxes(0, 1)


def of_set(
    spec: RunSpec, params: Params, x: np.ndarray, y: np.ndarray, query_x: np.ndarray
) -> np.ndarray:
    """Point predictions [prompt, query] of a set encoder from contexts ``x``, ``y`` [prompt, n]."""
    graph, state = nnx.split(network(spec, params))
    parts = []
    for start in range(0, len(x), CHUNK):
        part = slice(start, start + CHUNK)
        batch = {
            "context_x": x[part],
            "context_y": y[part],
            "context_mask": np.ones(x[part].shape, bool),
            "query_x": query_x[part],
        }
        parts.append(_set_outputs(graph, state, spec.task, batch))
    return np.concatenate([np.asarray(part, float) for part in parts])


def _causal(
    spec: RunSpec,
    params: Params,
    sequence: np.ndarray,
    place: np.ndarray,
    visible: np.ndarray,
    kept: slice,
) -> np.ndarray:
    room = len(params["positions"])
    if place.max() >= room:
        most = room // 2 - 1
        raise ValueError(
            f"{place.max() // 2} examples are too many for {room} positions: at most {most}"
        )
    graph, state = nnx.split(network(spec, params))
    # A slice is no static argument before Python 3.12.
    which = kept.start, kept.stop, kept.step
    found = [
        _causal_outputs(graph, which, state, sequence[i : i + CHUNK], place, visible)
        for i in range(0, len(sequence), CHUNK)
    ]
    return np.concatenate([np.asarray(part, float) for part in found])


@partial(jax.jit, static_argnums=(0, 1))
def _causal_outputs(
    graph: Any, which: tuple[int | None, ...], state: Any, x: Any, place: Any, visible: Any
) -> jax.Array:
    """Outputs [prompt, token] of the tokens ``which`` (start, stop and step of a slice).

    Tokens are at given places and see the tokens that are ``visible``.
    """
    net = nnx.merge(graph, state)
    h = net.read_in(x.transpose(2, 1, 0)) + net.positions[...][place].T[:, :, None]
    seen = jnp.asarray(visible)[..., None]
    h = through(net.blocks, h, lambda qkv: masked_attention(qkv, seen), slice(*which))
    outputs: jax.Array = net.read_out(net.norm(h))[0].T
    return outputs


@partial(jax.jit, static_argnums=(0, 2))
def _set_outputs(graph: Any, state: Any, task: Any, batch: Mapping[str, Any]) -> jax.Array:
    return point_predictions(task, nnx.merge(graph, state)(batch))
