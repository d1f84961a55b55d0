"""Whether jobs are forks; that forks make the same is held by the tests of the workflow."""

import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from reprise.jobs.fork_server import VARIABLE, forward, may_fork
from reprise.plan import engine


@pytest.mark.parametrize(
    ("system", "switch", "expected"),
    [
        ("linux", None, True),
        ("darwin", None, False),
        ("linux", "0", False),
        ("darwin", "1", True),
    ],
)
def test_the_system_decides_unless_the_user_does(
    monkeypatch: pytest.MonkeyPatch, system: str, switch: str | None, expected: bool
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.delenv("REPRISE_FORK", raising=False)
    if switch is not None:
        monkeypatch.setenv("REPRISE_FORK", switch)
    assert may_fork() == expected


def test_without_forks_no_server_is_started(
    planned: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REPRISE_FORK", "0")
    monkeypatch.setattr("subprocess.Popen", None)
    todo = [planned.world.node("run")] * 99
    with (tmp_path / "log").open("wb") as log, engine._fork_server(planned.project, todo, log) as v:
        assert v == {}


@pytest.mark.faults
def test_a_job_without_a_server_is_made_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("/nowhere/socket", f"/tmp/{'x' * 200}"):
        monkeypatch.setenv(VARIABLE, path)
        assert forward(["node.json"]) is None


@pytest.mark.faults
def test_a_socket_has_a_short_path_wherever_temporary_files_go(
    planned: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """104 characters on macOS, 108 on Linux."""
    monkeypatch.setenv("REPRISE_FORK", "1")
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: Mock(stdin=None))
    todo = [planned.world.node("run")] * 99
    for folder in (Path("/tmp"), tmp_path / ("x" * 200)):
        folder.mkdir(exist_ok=True)
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        log = (tmp_path / "log").open("wb")
        with log, engine._fork_server(planned.project, todo, log) as variables:
            assert len(variables[VARIABLE]) < 104
