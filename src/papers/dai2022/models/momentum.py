"""The momentum term of attention: decayed sums of earlier values (Dai et al. 2022, Eq. 15).

``m_t = sum over s < t of eta^(t - s) v_s``. Values are [sequence, token, head, channel].
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Values = Float[Array, "sequence token head channel"]
Carry = Float[Array, "head channel"]


def decay(tokens: int, eta: float) -> Float[np.ndarray, "tokens tokens"]:
    """eta^(t - s) where s < t, else 0: rows are t, columns s."""
    distance = np.arange(tokens)[:, None] - np.arange(tokens)
    return np.where(distance > 0, float(eta) ** np.maximum(distance, 1), 0.0)


def momentum(values: Values, eta: float, carry: Carry | None = None) -> Values:
    """The decayed sums in parallel, as one product with a triangular matrix.

    ``carry``: what values before these ones add at the first token (see ``carried``).
    """
    tokens = values.shape[1]
    weights = jnp.asarray(decay(tokens, eta), values.dtype)
    summed = jnp.einsum("ts,nshd->nthd", weights, values)
    if carry is None:
        return summed
    fading = jnp.asarray(float(eta) ** np.arange(tokens), values.dtype)
    return summed + fading[:, None, None] * carry


@partial(jax.jit, static_argnames="eta")
def recurrent_momentum(values: Values, eta: float) -> Values:
    """The same sums one token after the other: ``m_t = eta (m_{t-1} + v_{t-1})``, ``m_1 = 0``."""

    def step(m: Array, v: Array) -> tuple[Array, Array]:
        return eta * (m + v), m

    first = jnp.zeros_like(values[:, 0])
    return jax.lax.scan(step, first, values.swapaxes(0, 1))[1].swapaxes(0, 1)


def carried(
    values: Float[Array, "past head channel"], eta: float, length: Float[Array, ""] | Array
) -> Carry:
    """What the first ``length`` of ``values`` add at the token after them."""
    distance = length - jnp.arange(len(values))
    weights = jnp.where(distance > 0, float(eta) ** jnp.maximum(distance, 1), 0.0)
    return jnp.einsum("s,shd->hd", weights.astype(values.dtype), values)


def matched(eta: float) -> float:
    """(1 - eta) / eta: the decay weights of a long past, times this, add up to 1."""
    return (1 - eta) / eta
