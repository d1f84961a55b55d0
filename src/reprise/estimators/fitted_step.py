"""Coefficients of the preconditioned step fitted to sequences (von Oswald et al. 2023, Prop. 2).

The published ones were trained for systems of one size; other sizes and features need their own.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from reprise.estimators.preconditioning import iterated_predictions
from reprise.estimators.preconditioning_coefficients import Coefficients

RATE = 0.02
"""Peak step size of Adam, which falls to zero along a cosine."""

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
    x, y, wanted = (jnp.asarray(values, jnp.float32) for values in (inputs, targets, truth))
    schedule = optax.adam(optax.cosine_decay_schedule(RATE, steps))

    def loss(coefficients: tuple[Array, Array]) -> Array:
        found = iterated_predictions(x, y, *coefficients, ridge, lag=lag)
        error: Array = 0.5 * ((found - wanted) ** 2).sum(axis=-1).mean()
        return error

    @jax.jit
    def fit(first: tuple[Array, Array]) -> tuple[Array, Array]:
        def step(carry: tuple, _: None) -> tuple[tuple, None]:
            now, state, best, least = carry
            error, slope = jax.value_and_grad(loss)(now)
            better = error < least
            best = jax.tree.map(lambda new, old: jnp.where(better, new, old), now, best)
            change, state = schedule.update(slope, state)
            now = optax.apply_updates(now, change)
            return (now, state, best, jnp.minimum(error, least)), None

        carry = first, schedule.init(first), first, jnp.asarray(jnp.inf)
        return jax.lax.scan(step, carry, length=steps)[0][2]

    first = jnp.asarray(start.alpha, jnp.float32), jnp.asarray(start.beta, jnp.float32)
    alpha, beta = (tuple(float(value) for value in part) for part in fit(first))
    return Coefficients(alpha, beta)
