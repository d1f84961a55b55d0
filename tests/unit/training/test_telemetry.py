"""Progress of a training, as a small file and a line now and then."""

import math
from pathlib import Path
from typing import Any

import pytest

from reprise.training import telemetry
from reprise.training.progress import Progress
from reprise.training.telemetry import read_progress, reporter


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
