"""The parts of a pre-norm transformer, on feature-first arrays [features, tokens, batch]."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

Stream = Float[Array, "width tokens batch"]

NORM_EPSILON = 1e-5


class Norm(nnx.Module):
    """Layer norm over features with trained gain and bias."""

    def __init__(self, width: int, dtype: DTypeLike):
        self.gain = nnx.Param(jnp.ones(width, dtype))
        self.bias = nnx.Param(jnp.zeros(width, dtype))

    def __call__(self, x: Stream) -> Stream:
        """Normalise every token of ``x``."""
        centred = x - x.mean(axis=0)
        scale = jax.lax.rsqrt((centred * centred).mean(axis=0) + NORM_EPSILON)
        return centred * scale * self.gain[...][:, None, None] + self.bias[...][:, None, None]


@jax.custom_vjp
def gelu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); its slope is kept for the way back."""
    return _gelu_forward(x)[0]


def _gelu_forward(x: Array) -> tuple[Array, Array]:
    scale, cubic = np.sqrt(2 / np.pi).item(), 0.044715
    tanh = jnp.tanh(scale * x * (1 + cubic * x * x))
    bend = x * (1 - tanh * tanh) * (scale * (1 + 3 * cubic * x * x))
    return 0.5 * x * (1 + tanh), 0.5 * (1 + tanh + bend)


gelu.defvjp(_gelu_forward, lambda slope, cotangent: (slope * cotangent,))
