"""AdamW on gradients that are cut off number by number."""

from collections.abc import Callable, Mapping

import optax
from jaxtyping import Array

from reprise.specs.optimizers import ClippedAdamW
from reprise.training.optimizers.schedules import Rate, scheduled


def optimizer(
    spec: ClippedAdamW, hyper: Mapping[str, Array], rate: Callable[[Array], Rate]
) -> optax.GradientTransformation:
    """The optimiser of von Oswald et al. 2023 (Methods, Tables 1 to 3)."""
    peak = hyper["learning_rate"]
    own = rate(peak)
    if spec.horizon is not None:
        own = scheduled(spec.schedule, peak, spec.horizon + 1)
    return optax.chain(
        optax.clip(spec.clip_value),
        optax.scale_by_adam(b1=spec.b1, b2=spec.b2, eps=spec.eps),
        optax.add_decayed_weights(hyper["weight_decay"]),
        optax.scale_by_learning_rate(own),
    )
