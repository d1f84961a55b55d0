"""The table of faults links files with tests of faults, and every such file is in it."""

import re
from pathlib import Path

from workspace import ROOT

TESTS = ROOT / "tests"
PAGE = ROOT / "docs" / "faults.md"
ROW = re.compile(r"^\| (?!fault \|)([^|-][^|]*) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)]+)\)")
MARK = re.compile(r"^(?:@|pytestmark = \[?)pytest\.mark\.faults\b", re.MULTILINE)


def linked(cell: str) -> set[Path]:
    return {(PAGE.parent / link).resolve() for link in LINK.findall(cell)}


def test_every_row_links_tests_of_faults_and_all_of_them_are_linked() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(rows) > 25
    assert [fault for fault, _, tests in rows if not linked(tests)] == []
    files = TESTS.rglob("test_*.py")
    marked = {file for file in files if MARK.search(file.read_text(encoding="utf-8"))}
    assert set().union(*(linked(tests) for *_, tests in rows)) == marked
    assert set((TESTS / "faults").glob("test_*.py")) <= marked
