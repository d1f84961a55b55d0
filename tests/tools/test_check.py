"""The quality gate: a fault of any part of a step fails it."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("faulty", "code"), [("check", 1), ("format", 1), ("neither", 0)])
def test_a_fault_of_either_part_of_ruff_fails_the_step(
    tmp_path: Path, faulty: str, code: int
) -> None:
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "check.sh", tmp_path / "tools")
    ruff = tmp_path / ".venv" / "bin" / "ruff"
    ruff.parent.mkdir(parents=True)
    ruff.write_text(f'#!/bin/sh\n[ "$1" != {faulty} ] || {{ echo "a finding"; exit 1; }}\n')
    ruff.chmod(0o755)
    command = ["bash", str(tmp_path / "tools" / "check.sh"), "ruff"]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == code
    assert ("a finding" in result.stdout) == bool(code)
