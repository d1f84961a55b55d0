"""``reprise export crate``: of a valid tree only, to where it is told, with a day it can prove."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from small_world import World, small_graph

from reprise.audit import verify as trees
from reprise.audit.crate import METADATA
from reprise.cli.export import export_crate
from reprise.records.tree import Release, lock_text, write_release
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import write_text

DATE = "2026-01-31"
FILES = (
    "Snakefile",
    "environment.yml",
    "requirements/lock.txt",
    "src/papers/demo/paper.yaml",
)


@pytest.fixture
def project(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The small world as a project that is the working directory."""
    for name in FILES:
        write_text(world.root / name, "")
    write_text(world.root / "config.yaml", "scale: cpu\n")
    monkeypatch.setattr(trees, "build", lambda config: world.graph)
    monkeypatch.chdir(world.root)
    return world


def export(place: str | None = None, out: str | None = None, **more: Any) -> int:
    chosen = {"date": DATE, **more}
    return export_crate(Path(place) if place else None, Path(out) if out else None, **chosen)


def test_by_default_the_own_tree_goes_below_the_cache(
    project: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export() == 0
    assert (project.root / ".reprise" / "crate" / "cpu" / METADATA).is_file()
    first = capsys.readouterr().out
    assert "0 outputs by digest only" in first
    assert export() == 0
    assert capsys.readouterr().out == first


def test_another_tree_and_a_zip(project: World) -> None:
    other = project.root / "results" / "published" / "cpu"
    other.parent.mkdir()
    (project.root / "results" / "cpu").rename(other)
    write_text(other / "lock.txt", lock_text(other))
    assert export("results/published/cpu") == 0
    crate = project.root / ".reprise" / "crate" / "published" / "cpu"
    assert (crate / "results/cpu/lock.txt").read_text() == (other / "lock.txt").read_text()
    assert (crate / METADATA).is_file()
    assert export("results/published/cpu", "deposit/crate.zip") == 0
    assert (project.root / "deposit" / "crate.zip").is_file()


@pytest.mark.parametrize(("damage", "code"), [("tampered", 4), ("missing", 3)])
def test_a_tree_that_is_not_current_is_not_exported(
    project: World, capsys: pytest.CaptureFixture[str], damage: str, code: int
) -> None:
    if damage == "tampered":
        project.output("figure").write_bytes(b"<svg>by hand</svg>")
    else:
        project.output("figure").unlink()
    assert export() == code
    assert f"demo/figure/F1  {damage}" in capsys.readouterr().err
    assert not (project.root / ".reprise" / "crate").exists()


@pytest.fixture
def released(project: World) -> Path:
    """A published copy with the stamp of a release."""
    other = project.root / "results" / "published" / "cpu"
    shutil.copytree(project.root / "results" / "cpu", other)
    write_release(other, Release("1.2.3", "0123456789", False, None, "Some Processor"))
    write_text(other / "lock.txt", lock_text(other))
    return other


def test_a_release_that_the_code_would_make_otherwise_names_its_own(
    released: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "build", lambda config: small_graph(code={"f": "2"}))
    assert export("results/published/cpu") == 3
    assert "of its release can export it: release 1.2.3 (commit 0123456," in capsys.readouterr().err


def test_a_release_whose_lock_cannot_be_read(
    released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_text(released / "lock.txt", "no digest\n")
    assert export("results/published/cpu") == 4
    assert "unverifiable: lock.txt: not a digest" in capsys.readouterr().err


@pytest.mark.faults
def test_a_place_on_this_machine_is_not_exported(
    project: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(agent="/home/ada") == 1
    assert "absolute path '/home/ada'" in capsys.readouterr().err
    assert not (project.root / ".reprise" / "crate").exists()


def test_wrong_use_is_an_error_of_the_user(project: World) -> None:
    with pytest.raises(ConfigError, match="nowhere is no folder"):
        export("nowhere")
    with pytest.raises(ConfigError, match="--scale gpu: results/cpu is of scale cpu"):
        export("results/cpu", chosen={"scale": "gpu"})
    with pytest.raises(ConfigError, match="not empty"):
        export(out="src")
    with pytest.raises(ConfigError, match="--date 2026-01-31"):
        export(date=None)


def test_a_lock_that_cannot_be_read(project: World, capsys: pytest.CaptureFixture[str]) -> None:
    write_text(project.root / "results" / "cpu" / "lock.txt", "no digest\n")
    assert export() == 4
    assert "not a digest" in capsys.readouterr().err
