"""``reprise make``: exit codes and messages of one job."""

import signal
from pathlib import Path
from typing import Any

import pytest

from reprise.jobs import make as subject
from reprise.jobs.leases import Interrupted
from reprise.jobs.make import CodeChanged
from reprise.specs.errors import ConfigError
from reprise.storage.tensors import DamagedFile


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("config.yaml", "Snakefile"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def make(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr(subject, "make", make)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("no such thing"), 2),
        (Interrupted("stopped after step 7", signal.SIGINT), 130),
        (Interrupted("stopped after step 7", signal.SIGTERM), 143),
        (CodeChanged("loop was edited"), 1),
        (DamagedFile("x.csv differs"), 1),
        (FloatingPointError("not finite at step 40"), 1),
        (OSError(28, "No space left on device"), 1),
    ],
)
def test_expected_failures_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
) -> None:
    fail_with(monkeypatch, error)
    assert subject.main(["node.json"]) == code
    said = capsys.readouterr().err
    assert str(error) in said
    assert said.count("\n") == 1


def test_other_failures_come_with_their_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, ArithmeticError("in a table"))
    assert subject.main(["node.json"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "ArithmeticError: in a table" in said


@pytest.mark.parametrize("arguments", [[], ["--help"], ["a", "b", "c"]])
def test_a_wrong_call_says_how_to(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert subject.main(arguments) == 2
    assert "usage: reprise make NODE_FILE" in capsys.readouterr().err


def test_an_absent_node_file_is_an_error_of_the_user(capsys: pytest.CaptureFixture[str]) -> None:
    assert subject.main(["absent.json"]) == 2
    assert "absent.json: not a node file" in capsys.readouterr().err


def test_outside_a_project_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Snakefile").unlink()
    assert subject.main(["node.json"]) == 2
    assert "no config.yaml and Snakefile at or above" in capsys.readouterr().err
