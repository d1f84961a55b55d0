"""Muon: momentum orthogonalised by Newton-Schulz iterations on matrices, Adam on the rest."""

from collections.abc import Callable, Mapping

import jax.numpy as jnp
import optax
from jaxtyping import Array

from reprise.specs.optimizers import Muon
from reprise.training.optimizers.schedules import Rate


def optimizer(
    spec: Muon, hyper: Mapping[str, Array], rate: Callable[[Array], Rate]
) -> optax.GradientTransformation:
    """Optax's Muon; both of its learning rates follow the schedule."""
    peak = hyper["learning_rate"]
    other = peak if spec.adam_learning_rate is None else spec.adam_learning_rate
    return optax.contrib.muon(
        rate(peak),
        ns_steps=spec.newton_schulz_steps,
        beta=spec.beta,
        weight_decay=hyper["weight_decay"],
        adam_b1=spec.b1,
        adam_b2=spec.b2,
        adam_learning_rate=rate(jnp.asarray(other, peak.dtype)),
    )
