"""Numerics profiles: the arithmetic in which networks are trained and asked for answers."""

from typing import Literal, get_args

Profile = Literal["exact", "fast", "bf16", "f64"]
Lower = Literal["fast", "bf16"]
"""Profiles of lower precision: part of the spec of every run, and of every dataset that asks a
network. The others choose the dtype of runs, which their specs hold anyway."""

LOWER: tuple[Lower, ...] = get_args(Lower)

DTYPES = {"f64": "float64", "fast": "float32", "bf16": "float32"}
"""The dtype that a profile gives to every run: of parameters, optimiser states and sums."""


def lower(profile: str) -> Lower | None:
    """``profile`` if it is one of lower precision."""
    return next((name for name in LOWER if name == profile), None)
