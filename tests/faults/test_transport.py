"""Git hands results on byte for byte, whatever it is told to do with the ends of lines."""

import shutil
from pathlib import Path

import pytest
from git_repository import git
from workspace import ROOT

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("wanted", ["true", "input"])
def test_git_changes_no_end_of_a_line(tmp_path: Path, wanted: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    files = {"table.csv": b"a,b\n1,2\n", "record.json": b'{"a": 1}\r\n', "page.html": b"<p>\r\n\n"}
    here.mkdir()
    shutil.copy(ROOT / ".gitattributes", here)
    for name, content in files.items():
        (here / name).write_bytes(content)
    rewrites = ("-c", f"core.autocrlf={wanted}", "-c", "core.eol=crlf")
    git(here, "init", "--quiet")
    git(here, *rewrites, "add", ".")
    git(here, *rewrites, "commit", "--quiet", "--message", "results")
    git(tmp_path, *rewrites, "clone", "--quiet", str(here), str(there))
    assert {name: (there / name).read_bytes() for name in files} == files
