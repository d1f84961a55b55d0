"""One small project, run once; every test disturbs a copy of its own."""

from pathlib import Path

import pytest
from workspace import Workspace, build_workspace, copy_workspace


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The finished project; tests read it and copy it, and leave it as it is."""
    workspace = build_workspace(tmp_path_factory.mktemp("template") / "project")
    workspace.run("--paper", "demo2024", "--scale", "smoke")
    return workspace


@pytest.fixture
def workspace(template: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the finished project for one test."""
    return copy_workspace(template, tmp_path / "project")
