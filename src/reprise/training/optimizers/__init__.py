"""Optimisers: one module per optimiser, named as in its spec, so that a new one touches no other.

An optimiser module offers ``optimizer(spec, hyper, rate) -> optax.GradientTransformation``, where
``hyper`` holds the scalars of ``hyperparameters`` (they may be traced, one value per member) and
``rate`` turns a peak learning rate into what the schedule makes of it.
"""

import importlib
from collections.abc import Mapping
from functools import partial

import optax
from jaxtyping import Array

from reprise.specs.optimizers import OptimizerSpec
from reprise.training.optimizers.schedules import scheduled

_MAY_DIFFER = ("learning_rate", "weight_decay", "l1")


def hyperparameters(spec: OptimizerSpec) -> dict[str, float]:
    """The values of ``spec`` that may differ between members of one job, by name."""
    return {name: getattr(spec, name) for name in _MAY_DIFFER if hasattr(spec, name)}


def make_optimizer(
    spec: OptimizerSpec, hyper: Mapping[str, Array], updates: int
) -> optax.GradientTransformation:
    """The optimiser of a training of ``updates`` updates, gradients clipped where ``spec`` says."""
    module = importlib.import_module(f"{__name__}.{spec.name}")
    rate = partial(scheduled, spec.schedule, updates=updates)
    own: optax.GradientTransformation = module.optimizer(spec, hyper, rate)
    if spec.clip_norm is None:
        return own
    return optax.chain(optax.clip_by_global_norm(spec.clip_norm), own)
