"""What ``reprise new`` writes passes the whole of ``make check``, and every test about papers."""

import sys
from pathlib import Path

import pytest
from git_repository import fresh_copy
from workspace import KEY, ROOT, Workspace

ABOUT_PAPERS = (
    *("tests/papers/test_figure_titles.py", "tests/papers/test_order_of_keys.py", "tests/docs"),
    *("tests/reprise/specs", f"tests/papers/{KEY}"),
)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_scaffolded_paper_passes_what_its_author_will_run(tmp_path: Path) -> None:
    fresh_copy(tmp_path)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    project = Workspace(tmp_path)
    project.call("reprise", "new", KEY, code=0)
    checked = project.call("tools/check.sh", code=0).stdout
    assert all(f"ok      {step}" in checked for step in ("ruff", "imports", "spelling", "types"))
    tests = (sys.executable, "-m", "pytest", "-n", "0", "--dist", "no", "-v", *ABOUT_PAPERS)
    assert f"[{KEY}] PASSED" in project.call(*tests, code=0).stdout
