"""Trees and their locks."""

import shutil
import subprocess
from pathlib import Path

import pytest

from reprise.records.tree import LOCK, BadLock, Tree, lock_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("demo/tables/a.csv", "demo/tables/a.record.json", "report.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_finds_an_output_in_any_folder(folder: Path) -> None:
    tree = Tree(folder)
    assert tree.path("results/cpu/demo/tables/a.csv") == folder / "demo/tables/a.csv"
    assert tree.name("results/cpu/report.html") == "report.html"
    assert Tree.own(folder, "gpu").folder == folder / "results" / "gpu"


def test_without_a_lock_nothing_is_withheld(folder: Path) -> None:
    assert Tree(folder).lock is None
    assert not Tree(folder).withheld("results/cpu/demo/runs/main/params.safetensors")


def test_the_lock_tells_what_was_taken_along(folder: Path) -> None:
    (folder / LOCK).write_text(lock_text(folder))
    tree = Tree(folder)
    assert list(tree.lock or {}) == [
        "demo/tables/a.csv",
        "demo/tables/a.record.json",
        "report.html",
    ]
    assert tree.withheld("results/cpu/demo/runs/main/params.safetensors")
    assert not tree.withheld("results/cpu/report.html")


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum is not installed")
def test_sha256sum_reads_the_lock(folder: Path) -> None:
    (folder / LOCK).write_text(lock_text(folder))
    command = ["sha256sum", "--check", "--strict", "--quiet", LOCK]
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 0
    (folder / "report.html").write_text("other")
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode != 0


@pytest.mark.parametrize(
    "text",
    ["no lock", f"{'0' * 64}  ../escape", f"{'0' * 64}  /etc/passwd", f"{'x' * 64}  a", "\x00"],
)
def test_a_damaged_lock_is_refused(folder: Path, text: str) -> None:
    (folder / LOCK).write_text(text)
    with pytest.raises(BadLock):
        _ = Tree(folder).lock
