"""AdamW with an optional coupled L1 gradient."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from reprise.specs.optimizers import AdamW
from reprise.training.optimizers.schedules import Rate


def optimizer(
    spec: AdamW, hyper: Mapping[str, Array], rate: Callable[[Array], Rate]
) -> optax.GradientTransformation:
    """AdamW; ``l1 * sign(p)`` joins the gradient before Adam (Pearce et al. 2023, parity)."""
    return optax.chain(
        _add_l1_gradient(hyper["l1"]),
        optax.scale_by_adam(b1=spec.b1, b2=spec.b2, eps=spec.eps),
        optax.add_decayed_weights(hyper["weight_decay"]),
        optax.scale_by_learning_rate(rate(hyper["learning_rate"])),
    )


def _add_l1_gradient(strength: Array) -> optax.GradientTransformation:
    def update(
        updates: optax.Updates, state: optax.OptState, params: optax.Params | None = None
    ) -> tuple[optax.Updates, optax.OptState]:
        added = jax.tree.map(lambda g, p: g + strength * jnp.sign(p), updates, params)
        return added, state

    return optax.GradientTransformation(lambda _: optax.EmptyState(), update)
