"""What GitHub reads: valid by its public schemas, and nothing that Make does not do, too."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from workspace import ROOT

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
CONFIG = FOLDER / "ISSUE_TEMPLATE" / "config.yml"
FORMS = sorted({*CONFIG.parent.glob("*.yml")} - {CONFIG})
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-issue-forms", FORMS),
        ("github-issue-config", [CONFIG]),
    ],
)
def test_files_are_valid_by_their_public_schema(schema: str, files: list[Path]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    result = subprocess.run([*command, *map(str, files)], capture_output=True, text=True)
    assert files and result.returncode == 0, result.stdout + result.stderr


def test_a_workflow_only_calls_make() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    steps = [
        step["run"]
        for file in WORKFLOWS
        for job in yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    assert {step.split()[0] for step in steps} == {"make"}
    assert {step.split()[1] for step in steps} == {"setup", "check", "test", "site"} <= targets


def test_both_pythons_are_tested_on_three_systems() -> None:
    text = (FOLDER / "workflows" / "check.yml").read_text(encoding="utf-8")
    matrix = yaml.safe_load(text)["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12"]
    assert [name.partition("-")[0] for name in matrix["os"]] == ["ubuntu", "ubuntu", "macos"]


def test_the_site_is_the_published_tree_and_begins_with_its_report(tmp_path: Path) -> None:
    (tmp_path / "Makefile").symlink_to(ROOT / "Makefile")
    page = tmp_path / "results" / "published" / "cpu" / "report" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html>")
    subprocess.run(["make", "-s", "site"], cwd=tmp_path, check=True)
    site = tmp_path / "dist" / "site"
    link = re.search(r'url=([\w/]+)"', (site / "index.html").read_text())
    assert link is not None and (site / link[1] / "index.html").is_file()
