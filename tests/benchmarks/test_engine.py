"""The launcher of the workflow engine: no limit of jobs a second, and what it takes of a core."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import engine

LIMIT = "Submitting maximum 100 job(s)"


@pytest.mark.parametrize(("name", "limited"), [("ours", False), ("command line", True)])
def test_the_launcher_alone_lifts_the_limit(tmp_path: Path, name: str, limited: bool) -> None:
    engine.write_workflow(tmp_path, 2, 0.01)
    command = [sys.executable, *engine.ENGINES[name], "--cores", "1", "--verbose"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert (LIMIT in done.stderr + done.stdout) is limited
    assert len(list((tmp_path / "made").iterdir())) == 2


def test_a_failure_is_told_and_is_an_exit_code(tmp_path: Path) -> None:
    command = [sys.executable, *engine.ENGINES["ours"], "--cores", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "No Snakefile found" in done.stderr


def test_its_share_of_a_core_is_measured_while_jobs_wait() -> None:
    found = engine.shares(engine.ENGINES["ours"], marks=(2, 4), window=2, seconds=0.1, waiting=2)
    assert len(found) == 2
    assert 0 < max(found) < 3
    lines = engine.render({"ours": found}, marks=(2, 4)).splitlines()
    assert lines[0] == "| engine | after 2 jobs | after 4 jobs |"
    assert lines[2].startswith("| ours |")
