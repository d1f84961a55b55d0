"""Speed without compilation, and its share of the device's best."""

from pathlib import Path
from typing import Any

import pytest
from training_jobs import PARITY, job

from reprise.execution import speed as subject
from reprise.training.flops import count
from reprise.training.progress import Progress
from reprise.training.telemetry import Meter, performance

CPU = {"platform": "cpu", "kind": "cpu", "count": 1}


def metered(
    monkeypatch: pytest.MonkeyPatch, chunks: list[tuple[float, int]], **fields: Any
) -> Meter:
    """A meter that saw chunks end at (seconds, updates done)."""
    clock = iter(seconds for seconds, _ in chunks)
    monkeypatch.setattr(subject.time, "perf_counter", lambda: next(clock))
    passed: list[int] = []
    meter = Meter(job(PARITY, **fields).run, lambda progress: passed.append(progress.step))
    for _, done in chunks:
        meter(Progress(done - 1, 120, 0.5, 1.0))
    assert passed == [done - 1 for _, done in chunks]
    return meter


def test_the_first_chunk_compiles_and_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = metered(monkeypatch, [(100, 16), (101, 26), (103, 121)])
    assert meter.updates_per_s == pytest.approx((121 - 16) / 3)


def test_the_first_chunk_of_every_phase_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = [(100, 16), (102, 56), (190, 60), (195, 121)]
    phases = [{"until": 56, "task": {"relevant": 1}}]
    meter = metered(monkeypatch, chunks, phases=phases)
    assert (meter.updates, meter.seconds) == (40 + 61, 2 + 5)


def test_a_second_training_of_the_same_share_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = metered(monkeypatch, [(0, 21), (1, 121), (9, 21), (11, 121)])
    assert (meter.updates, meter.seconds) == (200, 3)


def test_a_training_of_one_chunk_has_no_speed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    meter = metered(monkeypatch, [(100, 121)])
    made = job(PARITY)
    found = performance(made, meter, CPU, 1, tmp_path)
    assert found["flops"] == 3 * count(made).total
    assert found["flops_per_update"] == count(made).per_update
    assert found["flops_per_s"] is found["peak_flops_per_s"] is found["utilisation"] is None
    assert not (tmp_path / "calibration.json").exists()


def test_utilisation_is_the_share_of_the_best_that_was_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = job(PARITY)
    asked: list[Any] = []

    def peak(*arguments: Any) -> float:
        asked.append(arguments)
        return 8.0 * arguments[-1]

    meter = metered(monkeypatch, [(0, 21), (10, 121)])
    monkeypatch.setattr(subject.calibration, "peak", peak)
    lower = made.model_copy(update={"numerics": "bf16"})
    found = performance(lower, meter, CPU, 2, tmp_path)
    assert found["flops_per_s"] == pytest.approx(10 * 3 * count(made).total / 121)
    assert found["utilisation"] == 0.125
    assert found["peak_flops_per_s"] == pytest.approx(8 * found["flops_per_s"])
    assert asked == [(tmp_path, CPU, "float32", "bf16", 1, found["flops_per_s"] / 2)]
