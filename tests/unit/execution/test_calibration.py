"""The best of a device: measured once, kept, and raised by what a program really reaches."""

import json
from pathlib import Path
from typing import Any

import pytest

from reprise.execution import calibration as subject
from reprise.records.environment import processor

CPU = {"platform": "cpu", "kind": "cpu", "count": 1}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was measured; the n-th measurement gives n * 1e9."""
    calls: list[Any] = []

    def measure(*asked: Any) -> float:
        calls.append(asked)
        return len(calls) * 1e9

    monkeypatch.setattr(subject, "measure", measure)
    return calls


def test_a_product_is_measured_in_operations_per_second() -> None:
    assert 1e7 < subject.measure("cpu", "float32") < 1e15


def test_once_per_device_dtype_profile_and_threads(tmp_path: Path, measured: list[Any]) -> None:
    chosen = [
        ("float32", "exact", 1),
        ("float64", "exact", 1),
        ("float32", "bf16", 1),
        ("float32", "exact", 2),
    ]
    for _ in range(2):
        found = [subject.peak(tmp_path, CPU, *values) for values in chosen]
        assert found == [1e9, 2e9, 3e9, 4e9]
    gpu = {"platform": "gpu", "kind": "NVIDIA H100", "count": 1}
    assert subject.peak(tmp_path, gpu, "float32", "exact", 1) == 5e9
    assert [platform for platform, _ in measured] == [*4 * ["cpu"], "gpu"]
    known = subject.read(tmp_path)
    assert known["gpu NVIDIA H100, float32, exact, threads 1"] == 5e9
    assert known[f"cpu {processor()}, float32, exact, threads 2"] == 4e9


def test_what_a_program_exceeds_is_measured_again_and_never_lowered(
    tmp_path: Path, measured: list[Any]
) -> None:
    arguments = (tmp_path, CPU, "float32", "exact", 1)
    assert subject.peak(*arguments) == 1e9
    assert subject.peak(*arguments, at_least=0.9e9) == 1e9
    assert subject.peak(*arguments, at_least=1.5e9) == 2e9
    path = tmp_path / "calibration.json"
    path.write_text(path.read_text().replace("2000000000.0", "9000000000.0"))
    assert subject.peak(*arguments, at_least=1e10) == 9e9
    assert len(measured) == 3


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2, "flops_per_s": {"x": 1}}', '{"schema": 1}', "null"]
)
def test_a_damaged_file_is_measured_again(tmp_path: Path, measured: list[Any], text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    assert subject.read(tmp_path) == {}
    assert subject.peak(tmp_path, CPU, "float32", "exact", 1) == 1e9
    assert json.loads((tmp_path / "calibration.json").read_text())["schema"] == subject.SCHEMA
