"""What a network over tokens loses at every token."""

from typing import Any

import jax
from jaxtyping import Array, Float


def token_losses(outputs: Float[Array, "n t v"], y: Any) -> Float[Array, "n t"]:
    """-log of the probability of ``y`` [n, t] under logits ``outputs``."""
    chosen = jax.nn.one_hot(y, outputs.shape[-1], dtype=outputs.dtype)
    # A product with indicators, since the gradient of a gather is a slow scatter.
    return jax.nn.logsumexp(outputs, axis=-1) - (outputs * chosen).sum(axis=-1)
