"""Git hands results on byte for byte; where another way changes the ends of lines, that is said."""

import io
import shutil
from pathlib import Path

import pytest
from git_repository import git
from rich.console import Console
from small_world import World
from workspace import ROOT

from reprise.cli.plan import show_reasons
from reprise.records.state import State
from reprise.records.tree import LOCK, lock_text

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


def shown(states: dict[str, State]) -> str:
    """What verbs print of them."""
    console = Console(file=io.StringIO(), width=300)
    show_reasons(states, console)
    return console.file.getvalue()


def test_changed_ends_of_lines_are_told_once_and_apart_from_what_was_altered(world: World) -> None:
    """As by FTP in text mode: of tables, drawings, records and the lock."""
    tree = world.root / "results" / "cpu"
    (tree / LOCK).write_text(lock_text(tree))
    for path in tree.rglob("*"):
        if path.suffix in (".csv", ".svg", ".json", ".txt"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    said = shown(world.states())
    assert said.startswith("Only the ends of lines were changed, in 3 results, as by a transfer")
    assert len(said.splitlines()) == 1
    table = world.output("table")
    table.write_bytes(table.read_bytes().replace(b"0.25", b"0.95"))
    first, altered = shown(world.states()).splitlines()
    assert "in 2 results" in first
    assert altered.startswith("tampered     table ") and "row 1 altered, column value" in altered
