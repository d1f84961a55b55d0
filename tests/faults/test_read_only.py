"""Results that cannot be written or read: looking works, making says what is wrong."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from workspace import Workspace

pytestmark = [pytest.mark.faults, pytest.mark.slow]

OBEY = ("setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search")


@pytest.fixture
def bound() -> tuple[str, ...]:
    """What makes a command obey permissions: root would not."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root is above permissions, and there is no setpriv")
    return OBEY


@pytest.fixture
def project(made: Any) -> Workspace:
    """A finished project whose jobs obey permissions as its commands do."""
    workspace: Workspace = made.workspace.alone()
    return workspace


def write_protect(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)


def test_a_write_protected_project_can_be_looked_at(
    project: Workspace, bound: tuple[str, ...]
) -> None:
    write_protect(project.root)
    result = project.call(*bound, "reprise", "status", "--json", code=0)
    assert '"exit_code": 0' in result.stdout
    shown = project.call(*bound, "reprise", "trace", "demo2024/F1", code=0).stdout
    assert "demo2024/run/parity/00" in shown


def test_making_over_write_protected_results_says_so(
    made: Any, project: Workspace, bound: tuple[str, ...]
) -> None:
    folder = project.results / "demo2024" / "tables"
    (folder / "summary.csv").unlink()
    before = project.digests()
    write_protect(folder)
    node_file = made.node_file("summary")
    said = project.call(*bound, "reprise", "make", node_file, code=1).stderr
    assert "Permission denied" in said
    assert "tables/" in said
    assert "Traceback" not in said
    assert project.digests() == before
    said = project.call(*bound, "reprise", "run", code=1).stdout
    assert "Write-protected output files" in said
    assert "tables/summary" in said


def test_one_unreadable_file_is_named_and_the_rest_is_looked_at(
    made: Any, bound: tuple[str, ...]
) -> None:
    (path,) = made.paths("summary")
    path.chmod(0)
    result = made.workspace.call(*bound, "reprise", "status", code=4)
    assert "tables/summary.csv: Permission denied" in result.stdout
    assert "current" in result.stdout
