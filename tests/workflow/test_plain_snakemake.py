import os
import sys
from dataclasses import replace
from pathlib import Path

from workspace import Workspace


def test_no_environment_has_to_be_activated(workspace: Workspace) -> None:
    """A user types .venv/bin/snakemake; the jobs have to find reprise all the same."""
    figure = workspace.results / "demo2024" / "figures" / "F1-accuracy.svg"
    before = figure.read_bytes()
    figure.unlink()
    engine = str(Path(sys.executable).with_name("snakemake"))
    bare = replace(workspace, variables={**workspace.variables, "PATH": os.defpath})
    bare.call(engine, "--cores", "1", "--", str(figure.relative_to(workspace.root)), code=0)
    assert figure.read_bytes() == before
