"""Coefficients of the preconditioned step fitted to sequences (von Oswald et al. 2023, Prop. 2).

The published ones were trained for systems of one size; other sizes and features need their own.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from papers.vonoswald2023.theory.preconditioning import iterated_predictions
from papers.vonoswald2023.theory.preconditioning_coefficients import Coefficients

RATE = 0.02
"""Peak step size of Adam, which falls to zero along a cosine."""

Parts = tuple[Any, ...]
"""Step sizes and momenta."""

Values = Float[np.ndarray, "sequence token dim"]


def fitted_coefficients(
    inputs: Values,
    targets: Float[np.ndarray, "sequence token out"],
    truth: Float[np.ndarray, "sequence token out"],
    start: Coefficients,
    ridge: float,
    *,
    lag: int = 0,
    steps: int = 500,
) -> Coefficients:
    """Coefficients of little squared error against ``truth`` for a step towards ``targets``.

    Adam in single precision on all sequences at once, from ``start``; of the coefficients on its
    way, those of least error.
    """
    first = tuple(jnp.asarray(part, jnp.float32) for part in start)
    data = (jnp.asarray(values, jnp.float32) for values in (inputs, targets, truth))
    found = _fit(first, *data, ridge, lag, steps)
    alpha, beta = (tuple(float(value) for value in part) for part in found)
    return Coefficients(alpha, beta)


@partial(jax.jit, static_argnums=(4, 5, 6))
def _fit(
    first: Parts, x: Array, y: Array, truth: Array, ridge: float, lag: int, steps: int
) -> Parts:
    optimizer = optax.adam(optax.cosine_decay_schedule(RATE, steps))

    def loss(coefficients: Parts) -> Array:
        alpha, beta = coefficients
        found = iterated_predictions(x, y, alpha, beta, ridge, lag=lag)
        error: Array = 0.5 * ((found - truth) ** 2).sum(axis=-1).mean()
        return error

    def step(carry: tuple[Any, ...], _: None) -> tuple[tuple[Any, ...], None]:
        now, state, best, least = carry
        error, slope = jax.value_and_grad(loss)(now)
        best = jax.tree.map(lambda new, old: jnp.where(error < least, new, old), now, best)
        change, state = optimizer.update(slope, state)
        return (optax.apply_updates(now, change), state, best, jnp.minimum(error, least)), None

    start = first, optimizer.init(first), first, jnp.asarray(jnp.inf)
    found: Parts = jax.lax.scan(step, start, length=steps)[0][2]
    return found
