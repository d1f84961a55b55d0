"""Which project is meant, and that the code that runs is its own."""

import shutil
from pathlib import Path

import pytest
from workspace import ROOT

from reprise.project import find_project
from reprise.specs.errors import ConfigError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project without code of its own."""
    for name in ("config.yaml", "Snakefile"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_project_is_found_from_inside(root: Path) -> None:
    inside = root / "results" / "cpu"
    inside.mkdir(parents=True)
    assert find_project(inside).root == root
    assert find_project(ROOT / "src").root == ROOT


@pytest.mark.faults
@pytest.mark.parametrize("edited", ["reprise/project.py", "papers/pearce2023/claims.yaml"])
def test_a_project_with_other_code_than_the_one_that_runs_is_refused_naming_both(
    root: Path, edited: str
) -> None:
    """A copy of a checkout, whose commands still run the code of the first one."""
    own = root / "src"
    shutil.copytree(ROOT / "src", own)
    assert find_project(root).root == root, "the same code, so the same results"
    with (own / edited).open("a") as file:
        file.write("\n")
    with pytest.raises(ConfigError) as caught:
        find_project(root)
    for place in (own, ROOT / "src", root / ".venv" / "bin" / "reprise"):
        assert str(place) in str(caught.value)
