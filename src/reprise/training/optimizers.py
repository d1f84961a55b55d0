"""The optimisers, each an ``optax`` chain, and their learning rates over a training.

An optimiser is a function of its spec, of the scalars that may differ between members of one job
(``hyperparameters``; they may be traced, one value per member) and of the number of updates.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from reprise.specs.runs import AdamW, ClippedAdamW, Muon, OptimizerSpec, Schedule

_MAY_DIFFER = ("learning_rate", "weight_decay", "l1")

Hyper = Mapping[str, Array]
Rate = Array | Callable[[Array], Array]
"""A learning rate, or a function from the number of updates done to the rate of the next."""


def hyperparameters(spec: OptimizerSpec) -> dict[str, float]:
    """The values of ``spec`` that may differ between members of one job, by name."""
    return {name: getattr(spec, name) for name in _MAY_DIFFER if hasattr(spec, name)}


def make_optimizer(spec: OptimizerSpec, hyper: Hyper, updates: int) -> optax.GradientTransformation:
    """The optimiser of a training of ``updates`` updates."""
    # By name, not through a table: an edited optimiser makes only its own runs stale (graph.build).
    optimizer: Callable[..., optax.GradientTransformation] = globals()[spec.name]
    return optimizer(spec, hyper, updates)


def adamw(spec: AdamW, hyper: Hyper, updates: int) -> optax.GradientTransformation:
    """AdamW; ``l1 * sign(p)`` joins the gradient before Adam (Pearce et al. 2023, parity)."""
    return optax.chain(
        _clip_norm(spec.clip_norm),
        _add_l1_gradient(hyper["l1"]),
        optax.scale_by_adam(b1=spec.b1, b2=spec.b2, eps=spec.eps),
        optax.add_decayed_weights(hyper["weight_decay"]),
        optax.scale_by_learning_rate(scheduled(spec.schedule, hyper["learning_rate"], updates)),
    )


def clipped_adamw(spec: ClippedAdamW, hyper: Hyper, updates: int) -> optax.GradientTransformation:
    """AdamW on gradients cut off number by number (von Oswald et al. 2023, Methods, Tables 1-3)."""
    end = updates if spec.horizon is None else spec.horizon + 1
    return optax.chain(
        optax.clip(spec.clip_value),
        optax.scale_by_adam(b1=spec.b1, b2=spec.b2, eps=spec.eps),
        optax.add_decayed_weights(hyper["weight_decay"]),
        optax.scale_by_learning_rate(scheduled(spec.schedule, hyper["learning_rate"], end)),
    )


def muon(spec: Muon, hyper: Hyper, updates: int) -> optax.GradientTransformation:
    """Momentum orthogonalised by Newton-Schulz iterations on matrices, Adam on the rest.

    Both learning rates follow the schedule.
    """
    peak = hyper["learning_rate"]
    other = peak if spec.adam_learning_rate is None else spec.adam_learning_rate
    orthogonalised = optax.contrib.muon(
        scheduled(spec.schedule, peak, updates),
        ns_steps=spec.newton_schulz_steps,
        beta=spec.beta,
        weight_decay=hyper["weight_decay"],
        adam_b1=spec.b1,
        adam_b2=spec.b2,
        adam_learning_rate=scheduled(spec.schedule, jnp.asarray(other, peak.dtype), updates),
        muon_weight_dimension_numbers=lambda stacks: [_matrices(stack) for stack in stacks],
    )
    return _stacked(optax.chain(_clip_norm(spec.clip_norm), orthogonalised))


def scheduled(schedule: Schedule, peak: Array, updates: int) -> Rate:
    """The rate that ``schedule`` makes of ``peak`` in a training of ``updates`` updates.

    The rise over ``warmup_steps`` starts from zero; the last update sees ``final_fraction``.
    """
    if schedule.kind == "constant" and not schedule.warmup_steps:
        return peak
    left = max(updates - 1 - schedule.warmup_steps, 1)
    tail = {
        "constant": optax.constant_schedule(1.0),
        "cosine": optax.cosine_decay_schedule(1.0, left, schedule.final_fraction),
        "linear": optax.linear_schedule(1.0, schedule.final_fraction, left),
    }[schedule.kind]
    rise = optax.linear_schedule(0.0, 1.0, max(schedule.warmup_steps, 1))
    shape = optax.join_schedules([rise, tail], [schedule.warmup_steps])
    return lambda count: (peak * shape(count)).astype(peak.dtype)


def _stacked(inner: optax.GradientTransformation) -> optax.GradientTransformation:
    """``inner`` on arrays of one shape as one array, with them on its first axis.

    The small products of Muon and the many short loops of Adam are slow one by one.
    """

    def init(params: optax.Params) -> optax.OptState:
        return inner.init(_stacks(params))

    def update(
        updates: optax.Updates, state: optax.OptState, params: optax.Params | None = None
    ) -> tuple[optax.Updates, optax.OptState]:
        stacks, state = inner.update(_stacks(updates), state, _stacks(params))
        leaves, structure = jax.tree.flatten(updates)
        places = [place for own in _alike(leaves) for place in own]
        found = dict(zip(places, (x for stack in stacks for x in stack), strict=True))
        return jax.tree.unflatten(structure, [found[i] for i in range(len(leaves))]), state

    return optax.GradientTransformation(init, update)


def _stacks(tree: optax.Params) -> list[Array]:
    leaves = jax.tree.leaves(tree)
    return [jnp.stack([leaves[i] for i in own]) for own in _alike(leaves)]


def _alike(leaves: list[Array]) -> list[list[int]]:
    """The places of the leaves of every shape."""
    places: dict[tuple[int, ...], list[int]] = {}
    for place, leaf in enumerate(leaves):
        places.setdefault(leaf.shape, []).append(place)
    return list(places.values())


def _matrices(stack: Any) -> optax.contrib.MuonDimensionNumbers | None:
    """The axes of the matrices in a stack; None where it is one of anything else, or masked."""
    return optax.contrib.MuonDimensionNumbers(1, 2) if getattr(stack, "ndim", 0) == 3 else None


def _clip_norm(largest: float | None) -> optax.GradientTransformation:
    """Bound the norm of the whole gradient; nothing where there is no bound."""
    return optax.identity() if largest is None else optax.clip_by_global_norm(largest)


def _add_l1_gradient(strength: Array) -> optax.GradientTransformation:
    def update(
        updates: optax.Updates, state: optax.OptState, params: optax.Params | None = None
    ) -> tuple[optax.Updates, optax.OptState]:
        added = jax.tree.map(lambda g, p: g + strength * jnp.sign(p), updates, params)
        return added, state

    return optax.GradientTransformation(lambda _: optax.EmptyState(), update)
