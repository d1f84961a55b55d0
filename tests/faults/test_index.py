"""The table of faults names tests that exist, and every test of a fault is in it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from workspace import ROOT

pytestmark = pytest.mark.faults

INDEX = ROOT / "docs" / "faults.md"
ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py::[^`]+)`")
FAULTS = 29


def ids_in(text: str) -> list[str]:
    """Ids of the tests that ``text`` names, as the collection prints them; parameters or not."""
    return [
        f"tests/{name if '/' in name.partition('::')[0] else f'faults/{name}'}"
        for name in TEST.findall(text)
    ]


def named() -> dict[int, list[str]]:
    """Row -> its tests."""
    rows = ROW.findall(INDEX.read_text(encoding="utf-8"))
    return {int(number): ids_in(cell) for number, cell in rows}


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """Ids of all tests marked ``faults`` in the named files and in this folder."""
    files = {name.partition("::")[0] for row in named().values() for name in row}
    options = ["--collect-only", "-q", "-m", "faults", "-p", "no:cacheprovider", "-n0"]
    command = [sys.executable, "-m", "pytest", *options, "tests/faults", *sorted(files)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return {line for line in result.stdout.splitlines() if "::" in line}


def test_every_fault_has_a_row_and_every_row_a_test() -> None:
    rows = named()
    assert list(rows) == list(range(1, FAULTS + 1))
    assert [number for number, held_by in rows.items() if not held_by] == []


def test_every_named_test_exists_and_is_marked(collected: set[str]) -> None:
    known = collected | {name.partition("[")[0] for name in collected}
    missing = {name for row in named().values() for name in row if name not in known}
    assert missing == set()


def test_every_test_of_a_fault_is_named(collected: set[str]) -> None:
    said = set(ids_in(INDEX.read_text(encoding="utf-8")))
    own = {name for name in collected if name.startswith("tests/faults/")}
    here = f"tests/faults/{Path(__file__).name}"
    unnamed = {name for name in own if not said & {name, name.partition("[")[0]}}
    assert {name for name in unnamed if not name.startswith(here)} == set()
