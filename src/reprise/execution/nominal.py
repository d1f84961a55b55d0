"""Devices on which nothing was trained yet: what their maker says, and what is assumed of it."""

from reprise.execution.durations import Answer, Durations, Line
from reprise.execution.samples import Work

PEAKS = {
    "a100": {"float32": 19.5e12, "float64": 9.7e12},
    "h100": {"float32": 67e12, "float64": 34e12},
    "h200": {"float32": 67e12, "float64": 34e12},
}
"""FLOP/s outside tensor cores; NVIDIA's data sheets of A100, H100 (SXM) and H200 (SXM)."""
SHARE = 0.1
"""Assumed share of the peak."""
UPDATE_S = 1e-3
"""Assumed time of an update that computes next to nothing: some hundred kernels are started."""
FACTOR = 10.0
"""Assumed uncertainty; at the peak itself, training would take a tenth."""


def nominal(device: str, work: Work, other: Durations) -> Answer | None:
    """How long ``work`` takes by data sheet; start-up and compilation as on ``other`` devices."""
    known = other.of(work)
    peak = PEAKS[device].get(work.family[-1], PEAKS[device]["float32"])
    if known is None or work.flops is None:
        return None
    rate = SHARE * peak
    updates_s = work.updates * Line(UPDATE_S * rate, 1 / rate).update_s(work)
    return Answer(known.start_s, known.compile_s, updates_s, FACTOR)
