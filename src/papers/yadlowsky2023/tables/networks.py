"""What trained networks predict on prompts: forward passes compiled once per shape."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from papers.shared.attention import masked_attention
from papers.shared.trained_network import in_batches
from papers.yadlowsky2023.models.causal_transformer import AT_X
from papers.yadlowsky2023.models.gpt2_blocks import through
from papers.yadlowsky2023.tasks.function_mixture import tokens
from papers.yadlowsky2023.tasks.pfn_regression import point_predictions
from reprise.specs.runs import RunSpec
from reprise.training.network import network

Params = Mapping[str, np.ndarray]

BATCH = 128
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
    room: int = 0,
) -> np.ndarray:
    """Predictions [n, prompt, query] after the first n of the pairs, for each n of ``examples``.

    A causal network on one-dimensional ``x``, ``y`` [prompt, pair] and ``query_x`` [prompt, query].
    A pass has room for ``room`` pairs, or for as many as needed: contexts of several lengths then
    share one compiled pass. Every query follows the context at the next position and sees nothing
    but the context and itself, so that one pass answers all.
    """
    queries, longest = query_x.shape[1], max(*examples, room)
    x, y = _with_room(x, longest), _with_room(y, longest)
    context = np.asarray(tokens(x[..., None], y), np.float32)
    queries_x = np.tile(np.asarray(query_x, np.float32), (1, len(examples)))[..., None]
    known = np.repeat(2 * np.array(examples), queries)
    own = 2 * longest + np.arange(len(known))
    length = 2 * longest + len(known)
    visible = np.tril(np.ones((length, length), bool))
    visible[2 * longest :] = np.arange(length) < known[:, None]
    visible[own, own] = True
    place = np.concatenate([np.arange(2 * longest), known])
    sequence = np.concatenate([context, queries_x], axis=1)
    found = _causal(spec, params, sequence, place, visible, slice(2 * longest, None))
    return found.reshape(len(x), len(examples), queries).swapaxes(0, 1)


def of_set(
    spec: RunSpec,
    params: Params,
    x: np.ndarray,
    y: np.ndarray,
    query_x: np.ndarray,
    room: int = 0,
) -> np.ndarray:
    """Point predictions [prompt, query] of a set encoder from contexts ``x``, ``y`` [prompt, n].

    ``room`` as in ``at_queries``.
    """
    longest = max(x.shape[1], room)
    prompts = {
        "context_x": _with_room(x, longest),
        "context_y": _with_room(y, longest),
        "context_mask": _with_room(np.ones(x.shape, bool), longest),
        "query_x": query_x,
    }
    outputs = in_batches(_SetOutputs(spec.task), network(spec, params), prompts, BATCH)  # type: ignore[arg-type]
    return np.asarray(outputs, float)


def _with_room(context: np.ndarray, room: int) -> np.ndarray:
    """[prompt, room]: the context, cut off or with zeros behind it."""
    missing = max(room - context.shape[1], 0)
    return np.pad(context[:, :room], ((0, 0), (0, missing)))


def _causal(
    spec: RunSpec,
    params: Params,
    sequence: np.ndarray,
    place: np.ndarray,
    visible: np.ndarray,
    read: slice,
) -> np.ndarray:
    room = len(params["positions"])
    if place.max() >= room:
        most = room // 2 - 1
        raise ValueError(
            f"{place.max() // 2} examples are too many for {room} positions: at most {most}"
        )
    outputs = _CausalOutputs(read.start, read.stop, read.step)
    found = in_batches(outputs, network(spec, params), sequence, BATCH, place, visible)  # type: ignore[arg-type]
    return np.asarray(found, float)


class _CausalOutputs(NamedTuple):
    """Outputs of some tokens; a slice of them could not be hashed before Python 3.12."""

    start: int | None
    stop: int | None
    step: int | None

    def __call__(self, module: Any, x: Any, place: Any, visible: Any) -> jax.Array:
        """[prompt, token], of tokens at given places that see the tokens that are ``visible``."""
        h = module.read_in(x.transpose(2, 1, 0)) + module.positions[...][place].T[:, :, None]
        seen = jnp.asarray(visible)[..., None]
        h = through(module.blocks, h, lambda qkv: masked_attention(qkv, seen), slice(*self))
        outputs: jax.Array = module.read_out(module.norm(h))[0].T
        return outputs


class _SetOutputs(NamedTuple):
    """Point predictions of a set encoder."""

    task: Any

    def __call__(self, module: Any, prompts: Mapping[str, Any]) -> jax.Array:
        """[prompt, query]."""
        return point_predictions(self.task, module(prompts))
