"""The control of Proposition 2: a preconditioned gradient step with trained step sizes.

It is trained as networks are, by the loss of their task (von Oswald et al. 2023, Methods, Eq. 9).
"""

from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from reprise.estimators.preconditioning import iterated_forecasts, stacked
from reprise.specs.mesa import PreconditionedStep


@runtime_checkable
class Observed(Protocol):
    """What a task must say of its sequences: it forecasts what it shows."""

    @property
    def dims(self) -> int:
        """Numbers in an observation."""

    @property
    def outputs(self) -> int:
        """Numbers that are forecast; as many."""


class Network(nnx.Module):
    """Two numbers per iteration; ``alpha`` starts at 1 and ``beta`` at 0, the Neumann series."""

    def __init__(self, spec: PreconditionedStep, dtype: DTypeLike):
        self.ridge, self.lagged, self.stacked = spec.ridge, spec.lagged, spec.stacked
        self.alpha = nnx.Param(jnp.ones(spec.iterations, dtype))
        self.beta = nnx.Param(jnp.zeros(spec.iterations, dtype))

    def __call__(self, x: Float[Array, "batch tokens dims"]) -> Float[Array, "batch tokens dims"]:
        """Forecasts of what follows each observation of ``x``."""
        s = x.astype(self.alpha[...].dtype)
        forecasts: Array = iterated_forecasts(
            stacked(s, self.stacked), s, self.alpha[...], self.beta[...], self.ridge, self.lagged
        )
        return forecasts


def build(spec: PreconditionedStep, task: Observed, key: jax.Array, dtype: DTypeLike) -> Network:
    """The control before training; nothing is drawn from ``key``.

    Raises:
        ValueError: the task's forecasts are not of its observations.
    """
    if task.dims != task.outputs:
        raise ValueError(
            f"model {spec.name} forecasts what it observes: the task shows {task.dims} numbers "
            f"and asks for {task.outputs}"
        )
    return Network(spec, dtype)


def views(module: Network) -> dict[str, jax.Array]:
    """``alpha`` and ``beta`` [iterations]."""
    return {"alpha": module.alpha[...], "beta": module.beta[...]}
