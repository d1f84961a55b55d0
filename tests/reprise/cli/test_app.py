"""Options on top of the config file, and errors of the user as one message and exit code 2."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reprise.cli import app as subject
from reprise.cli import plan
from reprise.cli.app import overlay
from reprise.specs.errors import ConfigError


def test_options_lie_on_top_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert overlay(None, None) == overlay([], "") == {}
    chosen: list[Any] = []
    monkeypatch.setattr(subject, "_plan", lambda papers, scale: chosen.append((papers, scale)))
    monkeypatch.setattr(plan, "show_status", lambda *given: 0)
    CliRunner().invoke(subject.app, ["status", "-p", "a,b", "--paper", "c d", "-s", "gpu"])
    assert chosen == [(["a", "b", "c", "d"], "gpu")]
    assert overlay(*chosen[0]) == {"papers": ["a", "b", "c", "d"], "scale": "gpu"}


def test_a_config_error_is_a_message_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def app() -> None:
        raise ConfigError("config.yaml: scale: wrong")

    monkeypatch.setattr(subject, "app", app)
    with pytest.raises(SystemExit) as caught:
        subject.run_app()
    assert caught.value.code == 2
    assert capsys.readouterr().err == "config.yaml: scale: wrong\n"


def test_the_commands_of_people_do_not_import_jax() -> None:
    """A plan, a status or a verification has to be there in a second; the last without pandas."""
    program = (
        "import sys; import reprise.cli.app, reprise.cli.verify; early = 'pandas' in sys.modules;"
        "import reprise.cli.run, reprise.cli.plan, reprise.plan.planning;"
        "print(early, {'jax', 'flax', 'matplotlib'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(subject.__file__).parents[2])}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert result.stdout.strip() == "False set()"
