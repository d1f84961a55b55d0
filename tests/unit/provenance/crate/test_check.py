"""A crate that lacks a file, says a wrong digest or leaks a path of the machine is refused."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_world import World

from reprise.provenance.crate.check import check
from reprise.provenance.crate.description import describe
from reprise.provenance.crate.store import METADATA, write_folder
from reprise.records.tree import Tree

FIGURE = "results/cpu/demo/figures/F1.svg"


@pytest.fixture
def folder(project: World, tmp_path: Path) -> Path:
    tree = Tree.own(project.root, "cpu")
    write_folder(describe(project.root, project.graph, tree, "2026-01-31"), tmp_path / "crate")
    return tmp_path / "crate"


def edit(folder: Path, change: Callable[[dict[str, dict[str, Any]]], Any]) -> None:
    """Change the entities, by id."""
    text = json.loads((folder / METADATA).read_text())
    change({entity["@id"]: entity for entity in text["@graph"]})
    (folder / METADATA).write_text(json.dumps(text))


def test_a_whole_crate_has_no_fault(folder: Path) -> None:
    assert check(folder) == []


@pytest.mark.faults
def test_a_missing_file(folder: Path) -> None:
    (folder / FIGURE).unlink()
    assert check(folder) == [f"{FIGURE} is missing"]


@pytest.mark.faults
def test_an_edited_file(folder: Path) -> None:
    (folder / FIGURE).write_bytes(b"<svg>?</svg")
    assert check(folder) == [f"{FIGURE}: wrong digest"]


@pytest.mark.faults
def test_an_edited_digest(folder: Path) -> None:
    edit(folder, lambda entities: entities[FIGURE].update(sha256="0" * 64))
    assert check(folder) == [f"{FIGURE}: wrong digest"]


def test_a_dropped_digest(folder: Path) -> None:
    edit(folder, lambda entities: entities[FIGURE].pop("sha256"))
    assert check(folder) == [f"{FIGURE}: wrong digest"]


def test_a_wrong_size(folder: Path) -> None:
    edit(folder, lambda entities: entities[FIGURE].update(contentSize="1"))
    assert check(folder) == [f"{FIGURE}: wrong size"]


def test_a_file_that_is_not_described(folder: Path) -> None:
    (folder / "notes.txt").write_text("x")
    assert check(folder) == ["notes.txt is not described"]


def test_an_entity_that_is_gone(folder: Path) -> None:
    text = json.loads((folder / METADATA).read_text())
    text["@graph"] = [e for e in text["@graph"] if e["@id"] != "#step/run"]
    (folder / METADATA).write_text(json.dumps(text))
    assert "#step/run/execution: instrument refers to #step/run, which is not described" in check(
        folder
    )


@pytest.mark.faults
@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("/home/ada/reprise/results", "/home/ada/reprise/results"),
        ("made with --out=/tmp/x/y.svg", None),
        ('["/data/points.csv"]', "/data/points.csv"),
        ("file:///data/points.csv", "file:"),
        ("%2Fhome%2Fada%2Fx", "/home/ada/x"),
        ("C:\\Users\\ada", "C:\\"),
        ("(/srv/project/results/cpu)", "/srv/project/results/cpu"),
    ],
)
def test_an_absolute_path_in_any_text(folder: Path, text: str, leak: str | None) -> None:
    edit(folder, lambda entities: entities[FIGURE].update(description=text))
    (fault,) = check(folder)
    assert fault == f"{FIGURE}: absolute path {leak or '/tmp/x/y.svg'!r}"


@pytest.mark.parametrize(
    "text",
    ["https://w3id.org/ro/crate/1.1", "results/cpu/a.csv", "24.5/12", "and/or", "0/1/2", "a / b"],
)
def test_what_only_looks_like_a_path(folder: Path, text: str) -> None:
    edit(folder, lambda entities: entities[FIGURE].update(description=text))
    assert check(folder) == []


def test_a_file_outside_of_the_crate(folder: Path) -> None:
    edit(folder, lambda entities: entities[FIGURE].update({"@id": "/results/F1.svg"}))
    faults = check(folder)
    assert "/results/F1.svg: absolute path '/results/F1.svg'" in faults
    assert f"{FIGURE} is not described" in faults


def test_a_profile_that_is_not_claimed(folder: Path) -> None:
    edit(folder, lambda entities: entities["./"].pop("conformsTo"))
    assert check(folder)[0].startswith("does not conform to")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"@graph": []}', '{"@graph": [1]}'])
def test_metadata_that_is_none(folder: Path, content: str) -> None:
    (folder / METADATA).write_text(content)
    (fault,) = check(folder)
    assert fault.startswith(f"{METADATA} is no crate")


def test_a_zip_file_is_looked_into(folder: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "crate"), "zip", folder)
    assert check(tmp_path / "crate.zip") == []
    (folder / FIGURE).unlink()
    shutil.make_archive(str(tmp_path / "less"), "zip", folder)
    assert check(tmp_path / "less.zip") == [f"{FIGURE} is missing"]
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    assert len(check(tmp_path / "none.zip")) == 1
