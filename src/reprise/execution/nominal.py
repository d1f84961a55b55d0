"""Devices on which nothing was trained yet: their best speed, and what is assumed of the rest."""

from reprise.execution.durations import Answer, Durations, Line
from reprise.execution.samples import Work

PEAKS = {
    "a100": {"float32": 19.5e12, "float64": 9.7e12},
    "h100": {"float32": 67e12, "float64": 34e12},
    "h200": {"float32": 67e12, "float64": 34e12},
}
"""FLOP/s outside tensor cores; NVIDIA's data sheets of A100, H100 (SXM) and H200 (SXM)."""
SHARE = 0.1
"""Assumed share of the best speed."""
UPDATE_S = 1e-3
"""Assumed time of an update that computes next to nothing: some hundred kernels are started."""
FACTOR = 10.0
"""Assumed uncertainty; at the peak itself, training would take a tenth."""
_START_S, _COMPILE_S = 3.0, 10.0


def peak(device: str, work: Work) -> float | None:
    """FLOP/s of ``device`` by its data sheet; None where there is none here."""
    peaks = PEAKS.get(device)
    return peaks.get(work.family[-1], peaks["float32"]) if peaks else None


def assumed(best: float, work: Work, other: Durations) -> Answer | None:
    """How long ``work`` takes at a tenth of ``best`` FLOP/s; None if its FLOPs are not known.

    Start-up and compilation are those of ``other`` devices.
    """
    if work.flops is None:
        return None
    known = other.of(work)
    start_s, compile_s = (known.start_s, known.compile_s) if known else (_START_S, _COMPILE_S)
    line = Line(UPDATE_S * SHARE * best, 1 / (SHARE * best))
    return Answer(start_s, compile_s, work.updates * line.update_s(work), FACTOR)
