"""Progress of a training, as a small file and a line now and then; its speed."""

import math
from pathlib import Path
from typing import Any

import pytest
from training_jobs import PARITY, job

from reprise.training import telemetry
from reprise.training.chunks import Progress
from reprise.training.telemetry import Meter, read_progress, reporter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as its only element."""
    now = [1000.0]
    monkeypatch.setattr(telemetry.time, "monotonic", lambda: now[0])
    return now


def test_at_most_one_file_a_second_and_one_line_in_ten(tmp_path: Path, clock: list[float]) -> None:
    path, lines = tmp_path / "progress" / "a.json", []
    report = reporter(path, lines.append)
    seen = set()
    for step in range(320):
        report(Progress(step, 1000, 0.5, 20.0))
        seen.add(read_progress(path)["step"])
        clock[0] += 0.125
    assert len(seen) == 40
    assert len(lines) == 4
    assert lines[0] == "step 0/1000  loss 0.5  20 steps/s"


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_told_as_none(
    tmp_path: Path, clock: list[float], loss: float
) -> None:
    report = reporter(tmp_path / "a.json", lambda line: None)
    report(Progress(3, 10, loss, 1.0))
    assert read_progress(tmp_path / "a.json") == {
        "step": 3,
        "steps": 10,
        "loss": None,
        "steps_per_s": 1.0,
    }


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff"])
def test_no_progress_is_none(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    assert read_progress(path) is None


def metered(
    monkeypatch: pytest.MonkeyPatch, chunks: list[tuple[float, int]], **fields: Any
) -> Meter:
    """A meter that saw chunks end at (seconds, updates done)."""
    clock = iter(seconds for seconds, _ in chunks)
    monkeypatch.setattr(telemetry.time, "perf_counter", lambda: next(clock))
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


def test_a_training_of_one_chunk_has_no_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert metered(monkeypatch, [(100, 121)]).updates_per_s is None
