"""What a training says about itself while it runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where a training stands: the last logged step, the mean train loss of its finite members."""

    step: int
    steps: int
    loss: float
    steps_per_s: float
