"""Attention on feature-first arrays: features before tokens, the batch last.

Everything a transformer does to a token then runs over contiguous batch lanes, and the products
with weights are single large matrix products without transpositions.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from papers.shared.cpu_attention import causal_lanes

LANE_TOKENS = (16, 128)
"""Sequence lengths for which the lane form is faster on a CPU, and still compiles in seconds."""
LANES = 16
"""Sequences that fill a CPU's vectors: the lane form is for multiples, and repays within a thousand
updates the second that it compiles for longer."""


def causal_attention(
    qkv: Float[Array, "3 heads channels tokens batch"],
) -> Float[Array, "heads channels tokens batch"]:
    """softmax(q^T k / sqrt(channels)) v per head, each token seeing itself and earlier ones."""
    tokens, sequences = qkv.shape[3:]
    shortest, longest = LANE_TOKENS
    if jax.default_backend() == "cpu" and sequences % LANES == 0 and shortest <= tokens <= longest:
        return causal_lanes(qkv)
    return masked_attention(qkv, jnp.tril(jnp.ones((tokens, tokens), bool))[..., None])


def masked_attention(
    qkv: Float[Array, "3 heads channels tokens batch"],
    visible: Bool[Array, "queries keys lanes"],
) -> Float[Array, "heads channels tokens batch"]:
    """Attention to those of the first ``keys`` tokens that are ``visible`` to a query.

    A query that sees none gets zeros. ``queries`` and ``lanes`` of ``visible`` are 1 where all
    queries or all sequences see the same.
    """
    q, k, v = qkv
    keys = visible.shape[1]
    scores = jnp.einsum("hcib,hcjb->hijb", q * q.shape[1] ** -0.5, k[:, :, :keys])
    scores = jnp.where(visible, scores, np.finfo(scores.dtype).min)
    weights = jax.nn.softmax(scores, axis=2) * visible
    return jnp.einsum("hijb,hcjb->hcib", weights, v[:, :, :keys])
