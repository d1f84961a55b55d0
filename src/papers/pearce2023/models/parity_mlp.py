"""One hidden ReLU layer and a single logit, without biases (Pearce et al. 2023, F4-F8)."""

import jax
from flax import nnx

from papers.pearce2023.spec import Parity, ParityMLP


class ParityNetwork(nnx.Module):
    """``logit = relu(x W_input) W_output``; the bias is the constant last input of the task."""

    def __init__(self, inputs: int, hidden: int, key: jax.Array, dtype: jax.typing.DTypeLike):
        first, second = jax.random.split(key)
        self.in_projection = nnx.Param(_truncated(first, (inputs, hidden), inputs, dtype))
        self.out_projection = nnx.Param(_truncated(second, (hidden,), hidden, dtype))

    def __call__(self, x: jax.Array) -> jax.Array:
        """Logits [examples] of inputs ``x`` [examples, digits + 1]."""
        weights = self.in_projection[...]
        return jax.nn.relu(x.astype(weights.dtype) @ weights) @ self.out_projection[...]


def build(
    spec: ParityMLP, task: Parity, key: jax.Array, dtype: jax.typing.DTypeLike
) -> ParityNetwork:
    """A fresh network with ``task.digits + 1`` inputs, initialised from ``key``."""
    return ParityNetwork(task.digits + 1, spec.hidden, key, dtype)


def views(module: ParityNetwork) -> dict[str, jax.Array]:
    """``W_input`` [digits + 1, hidden] (last row: bias) and ``W_output`` [hidden]."""
    return {"W_input": module.in_projection[...], "W_output": module.out_projection[...]}


def _truncated(
    key: jax.Array, shape: tuple[int, ...], fan_in: int, dtype: jax.typing.DTypeLike
) -> jax.Array:
    """Normal of deviation 1/sqrt(fan_in), cut at two deviations and not rescaled afterwards.

    Flax's ``lecun_normal`` corrects for the cut; the published code does not.
    """
    return jax.nn.initializers.truncated_normal(stddev=fan_in**-0.5)(key, shape, dtype)
