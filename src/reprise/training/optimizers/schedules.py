"""Learning rates over a training."""

from collections.abc import Callable

import optax
from jaxtyping import Array

from reprise.specs.optimizers import Schedule

Rate = Array | Callable[[Array], Array]
"""A learning rate, or a function from the number of updates done to the rate of the next."""


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
