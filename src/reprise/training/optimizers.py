"""Optimisers from specs, with hyper-parameters that may be traced (one value per member)."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from reprise.specs.runs import AdamW

HYPERPARAMETERS = ("learning_rate", "weight_decay", "l1")
"""The fields of an optimiser spec that may differ between members of one job."""


def make_optimizer(spec: AdamW, hyper: Mapping[str, Array]) -> optax.GradientTransformation:
    """AdamW with an optional coupled L1 gradient.

    ``hyper`` gives the scalars of ``HYPERPARAMETERS``; the other fields come from ``spec``. Coupled
    means that ``l1 * sign(p)`` is added to the gradient before Adam (Pearce et al. 2023, parity
    network).
    """
    return optax.chain(
        _add_l1_gradient(hyper["l1"]),
        optax.scale_by_adam(b1=spec.b1, b2=spec.b2, eps=spec.eps),
        optax.add_decayed_weights(hyper["weight_decay"]),
        optax.scale_by_learning_rate(hyper["learning_rate"]),
    )


def _add_l1_gradient(strength: Array) -> optax.GradientTransformation:
    def update(
        updates: optax.Updates, state: optax.OptState, params: optax.Params | None = None
    ) -> tuple[optax.Updates, optax.OptState]:
        added = jax.tree.map(lambda g, p: g + strength * jnp.sign(p), updates, params)
        return added, state

    return optax.GradientTransformation(lambda _: optax.EmptyState(), update)
