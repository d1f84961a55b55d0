"""A linear layer trained by gradient descent is linear attention over its examples, and conversely.

Dai et al. 2022, Equations 7 to 13. Axis order: token (or example), feature. A weight matrix is
[out, in]. NumPy and JAX arrays are taken; results are of their kind and precision.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax

Loss = Callable[[Any, Any], Any]


def outer_update(errors: Any, inputs: Any) -> Any:
    """The change of weights [out, in] that ``errors`` [n, out] make with ``inputs`` [n, in], Eq. 8.

    With values for errors and keys for inputs, this is what an un-normalised attention layer
    applies to its query, Eq. 12.
    """
    return errors.T @ inputs


def linear_attention(values: Any, keys: Any, query: Any) -> Any:
    """Attention without a softmax, sum of values times (key · query), Eq. 9: [out]."""
    return values.T @ (keys @ query)


def zero_shot_weights(w_k: Any, w_v: Any, x: Any) -> Any:
    """W_ZSL, what relaxed attention over tokens ``x`` [n, d] applies to a query, Eq. 11."""
    return outer_update(x @ w_v.T, x @ w_k.T)


def finetuning_update(w_k: Any, w_v: Any, change_k: Any, change_v: Any, x: Any) -> Any:
    """What changes of the key and value weights add to ``zero_shot_weights``, Eq. 13 expanded."""
    gram = x.T @ x
    return change_v @ gram @ w_k.T + w_v @ gram @ change_k.T + change_v @ gram @ change_k.T


@partial(jax.jit, static_argnames=("loss", "learning_rate"))
def descend(
    weights: jax.Array, inputs: jax.Array, targets: jax.Array, loss: Loss, learning_rate: float
) -> tuple[jax.Array, jax.Array]:
    """Train a linear layer by one step of gradient descent per example, in order.

    ``loss(output, target)`` is of one example; all derivatives are automatic. Returns the weights
    after the last step, and the errors e_i [n, out] of Eq. 8: minus the learning rate times the
    gradient with respect to the layer's output, at the weights of the example's own step.
    """

    def step(weights: jax.Array, example: tuple[jax.Array, jax.Array]) -> Any:
        x, target = example
        gradient = jax.grad(lambda w: loss(w @ x, target))(weights)
        error = jax.grad(lambda output: loss(output, target))(weights @ x)
        return weights - learning_rate * gradient, -learning_rate * error

    return jax.lax.scan(step, weights, (inputs, targets))
