"""Once installed, a replication needs no network and writes nowhere but into the project."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from workspace import Workspace, copy_workspace

pytestmark = pytest.mark.faults


def without_network() -> tuple[str, ...]:
    """A prefix for a command that then finds no network; skips where that cannot be had."""
    prefix = ("unshare", "--net", "--map-root-user")
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"]).returncode:
        pytest.skip("needs unshare and the right to make network namespaces")
    return prefix


def test_a_replication_needs_no_network_and_no_home(unstarted: Workspace, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    project = copy_workspace(unstarted, tmp_path / "project")
    alone = replace(project, variables={"HOME": str(home)}).alone()
    alone.call(*without_network(), "reprise", "run", code=0)
    alone.call(*without_network(), "reprise", "verify", code=0)
    assert list(home.rglob("*")) == [], "written outside the project"
