"""What a network over tokens loses at every token of given sequences."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

BATCH = 64
"""Sequences at a time."""


def token_nats(
    network: Any, tokens: Int[np.ndarray, "sequence tokens"], width: int | None = None
) -> Float[np.ndarray, "sequence predicted"]:
    """-log of the probability of every token but the first, in nats.

    Sequences are padded on the right to ``width`` tokens, which causal networks do not notice, so
    that one compiled program serves several lengths.
    """
    count, given = tokens.shape
    spare = (width or given) - given
    padded = np.pad(tokens.astype(np.int32), ((0, -count % BATCH), (0, spare)))
    graph, state = nnx.split(network)
    nats = [
        np.asarray(_nats(graph, state, jnp.asarray(batch)))
        for batch in padded.reshape(-1, BATCH, padded.shape[1])
    ]
    return np.concatenate(nats)[:count, : given - 1].astype(float)


@partial(jax.jit, static_argnums=0)
def _nats(graph: Any, state: Any, tokens: Array) -> Array:
    logits = jax.nn.log_softmax(nnx.merge(graph, state)(tokens[:, :-1]))
    return -jnp.take_along_axis(logits, tokens[:, 1:, None], axis=-1)[..., 0]
