"""The control of Proposition 2: a preconditioned gradient step with trained step sizes.

It is trained as networks are, by the loss of their task (von Oswald et al. 2023, Methods, Eq. 9).
"""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from papers.vonoswald2023.models.mesa_transformer import Observations
from papers.vonoswald2023.spec import PreconditionedStep
from papers.vonoswald2023.theory.lag_embedding import stacked
from papers.vonoswald2023.theory.preconditioning import iterated_predictions


class Network(nnx.Module):
    """Two numbers per iteration; ``alpha`` starts at 1 and ``beta`` at 0, the Neumann series."""

    def __init__(self, spec: PreconditionedStep, dtype: DTypeLike):
        self.ridge, self.lag, self.stacked = spec.ridge, spec.lag, spec.stacked
        self.alpha = nnx.Param(jnp.ones(spec.iterations, dtype))
        self.beta = nnx.Param(jnp.zeros(spec.iterations, dtype))

    def __call__(self, x: Float[Array, "batch tokens dims"]) -> Float[Array, "batch tokens dims"]:
        """Predictions of what follows each observation of ``x``."""
        s = x.astype(self.alpha[...].dtype)
        # What follows the last observation is not known, and no prediction looks at it.
        following = jnp.concatenate([s[:, 1:], jnp.zeros_like(s[:, :1])], axis=1)
        alpha, beta = self.alpha[...], self.beta[...]
        predictions: Array = iterated_predictions(
            stacked(s, self.stacked), following, alpha, beta, self.ridge, lag=self.lag
        )
        return predictions


def build(
    spec: PreconditionedStep, task: Observations, key: jax.Array, dtype: DTypeLike
) -> Network:
    """The control before training; nothing is drawn from ``key``.

    Raises:
        ValueError: the task's tokens are not its observations.
    """
    if task.token_dims != task.target_dims:
        raise ValueError(
            f"task.tokens must be plain for model {spec.name}, which predicts the next token: "
            f"tokens have {task.token_dims} numbers, targets {task.target_dims}"
        )
    return Network(spec, dtype)


def views(module: Network) -> dict[str, jax.Array]:
    """``alpha`` and ``beta`` [iterations]."""
    return {"alpha": module.alpha[...], "beta": module.beta[...]}
