"""The engine by itself, without ``reprise run`` in front of it."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from workspace import Workspace, edit


def test_no_environment_has_to_be_activated(workspace: Workspace) -> None:
    """A user types .venv/bin/snakemake; the jobs have to find reprise all the same."""
    figure = workspace.results / "demo2024" / "figures" / "F1-accuracy.svg"
    before = figure.read_bytes()
    figure.unlink()
    engine = str(Path(sys.executable).with_name("snakemake"))
    bare = replace(workspace, variables={**workspace.variables, "PATH": os.defpath})
    bare.call(engine, "--cores", "1", "--", str(figure.relative_to(workspace.root)), code=0)
    assert figure.read_bytes() == before


@pytest.mark.faults
def test_touching_an_altered_result_deletes_nothing(workspace: Workspace) -> None:
    (metrics,) = workspace.results.glob("demo2024/runs/*/*/metrics.csv")
    edit(metrics, "0,", "1,")
    before = workspace.digests()
    said = workspace.call("snakemake", "--touch", "--", str(metrics.relative_to(workspace.root)))
    assert said.returncode != 0
    assert "--touch makes no result current" in said.stderr
    assert workspace.digests() == before


@pytest.mark.faults
def test_notes_of_an_interrupted_engine_make_no_finished_result_again(workspace: Workspace) -> None:
    """It was killed after the jobs had ended, and before it noticed."""
    notes = workspace.root / ".snakemake"
    shutil.copytree(notes / "metadata", notes / "incomplete", dirs_exist_ok=True)
    assert any((notes / "incomplete").iterdir())
    assert workspace.planned() == set()
