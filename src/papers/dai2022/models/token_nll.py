"""What a network over tokens loses at every token of given sequences."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from papers.shared.trained_network import in_batches

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
    nats = in_batches(_nats, network, padded, BATCH)
    return np.asarray(nats[:count, : given - 1], float)


def _nats(network: Any, tokens: Array) -> Array:
    logits = jax.nn.log_softmax(network(tokens[:, :-1]))
    return -jnp.take_along_axis(logits, tokens[:, 1:, None], axis=-1)[..., 0]
