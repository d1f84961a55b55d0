"""The table of faults names tests that exist, and every test of a fault is in it."""

import ast
import re
from functools import cache

from workspace import ROOT

TESTS = ROOT / "tests"
TEXT = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
NAME = re.compile(r"`([\w/]+\.py)::(\w+)(?:\[([^`]+)\])?`")
FAULTS = 31


def names(text: str) -> set[tuple[str, str, str]]:
    """File below ``tests``, function and parameter of every test that ``text`` names."""
    return {
        (file if "/" in file else f"faults/{file}", test, parameter)
        for file, test, parameter in NAME.findall(text)
    }


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((TESTS / file).read_text(encoding="utf-8"))


@cache
def faults_in(file: str) -> dict[str, bool]:
    """Name of every test in ``file``, and whether it is marked as one of a fault."""
    whole = any(
        isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "pytestmark"
        and "mark.faults" in ast.unparse(node.value)
        for node in tree(file).body
    )
    return {
        node.name: whole or "pytest.mark.faults" in map(ast.unparse, node.decorator_list)
        for node in tree(file).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def mentioned(file: str) -> set[str]:
    """Whatever a parameter may be called after: texts and functions of ``file``."""
    nodes = list(ast.walk(tree(file)))
    texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return texts | {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_every_fault_has_a_row_and_every_row_a_test() -> None:
    rows = {int(number): names(cell) for number, cell in ROW.findall(TEXT)}
    assert list(rows) == list(range(1, FAULTS + 1))
    assert [number for number, held_by in rows.items() if not held_by] == []


def test_every_named_test_exists_and_is_marked() -> None:
    wrong = [
        (file, test, parameter)
        for file, test, parameter in sorted(names(TEXT))
        if not (TESTS / file).is_file()
        or not faults_in(file).get(test)
        or (parameter and parameter not in mentioned(file))
    ]
    assert wrong == []


def test_every_test_of_a_fault_is_named() -> None:
    files = [f"faults/{path.name}" for path in (TESTS / "faults").glob("test_*.py")]
    unmarked = [(f, test) for f in files for test, marked in faults_in(f).items() if not marked]
    assert unmarked == []
    named = {(file, test) for file, test, _ in names(TEXT)}
    assert {(file, test) for file in files for test in faults_in(file)} - named == set()
