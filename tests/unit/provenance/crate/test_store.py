"""The same records give the same bytes; what is there already is left alone."""

import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from small_world import World

from reprise.provenance.crate.check import check
from reprise.provenance.crate.date import newest_commit
from reprise.provenance.crate.description import Description, describe
from reprise.provenance.crate.store import (
    METADATA,
    NotACrate,
    metadata_bytes,
    write_folder,
    write_zip,
)
from reprise.records.record import Record, read_record
from reprise.records.tree import Tree
from reprise.storage.atomic import sha256


def described(project: World, folder: Path | None = None) -> Description:
    tree = Tree(folder) if folder else Tree.own(project.root, "cpu")
    return describe(project.root, project.graph, tree, "2026-01-31")


def test_the_same_records_give_the_same_bytes_wherever_they_lie(
    project: World, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere"
    (tmp_path / "results" / "cpu").rename(copy)
    after = metadata_bytes(described(project, copy))
    copy.rename(tmp_path / "results" / "cpu")
    assert metadata_bytes(described(project)) == after
    assert str(tmp_path).encode() not in after


def test_hash_seeds_change_nothing(project: World) -> None:
    """Sets and dicts in another order give the same file."""
    program = (
        "import sys, hashlib; from pathlib import Path; sys.path.insert(0, 'tests')\n"
        "from test_store import described; from small_world import World, small_graph\n"
        "root = Path(sys.argv[1]); from reprise.provenance.crate.store import metadata_bytes\n"
        "print(hashlib.sha256(metadata_bytes(described(World(root)))).hexdigest())"
    )
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[3])]
    marks = set()
    for seed in ("0", "1"):
        variables = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(folders)}
        command = [sys.executable, "-c", program, str(project.root)]
        marks.add(subprocess.run(command, check=True, capture_output=True, env=variables).stdout)
    assert len(marks) == 1


def test_a_folder_is_written_once(project: World, tmp_path: Path) -> None:
    target = tmp_path / "crate"
    description = described(project)
    assert write_folder(description, target) == len(description.parts) + 1
    times = {p: p.stat().st_mtime_ns for p in target.rglob("*")}
    assert write_folder(described(project), target) == 0
    assert {p: p.stat().st_mtime_ns for p in target.rglob("*")} == times


def test_a_folder_follows_the_records(project: World, tmp_path: Path) -> None:
    target = tmp_path / "crate"
    write_folder(described(project), target)
    (target / "config.yaml").write_text("scale: paper\n")
    project.output("run", "safetensors").unlink()
    assert write_folder(described(project), target) == 2
    assert not list(target.rglob("*.safetensors"))
    assert (target / "config.yaml").read_text() == "scale: cpu\n"


def test_a_folder_of_something_else_is_left_alone(project: World, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("x")
    with pytest.raises(NotACrate, match="not empty"):
        write_folder(described(project), tmp_path / "thesis")
    assert [p.name for p in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_a_zip_holds_the_same_and_has_no_clock(project: World, tmp_path: Path) -> None:
    description = described(project)
    assert write_zip(description, tmp_path / "a.zip") == 1
    for part in description.parts:
        os.utime(part.source, (0, 0))
    assert write_zip(described(project), tmp_path / "a.zip") == 0
    write_folder(description, tmp_path / "crate")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    held = {p.relative_to(tmp_path / "crate"): p for p in (tmp_path / "crate").rglob("*.*")}
    assert Path(METADATA) in held
    for name, path in held.items():
        assert path.is_dir() or sha256(tmp_path / "unpacked" / name) == sha256(path)


def test_no_network_is_needed(
    project: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    write_folder(described(project), tmp_path / "crate")
    assert check(tmp_path / "crate") == []


def git(root: Path, *arguments: str, **variables: str) -> str:
    command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


def test_its_day_is_that_of_the_newest_recorded_commit(project: World, tmp_path: Path) -> None:
    record = read_record(project.record("run"))
    assert newest_commit(tmp_path, [record]) is None
    git(tmp_path, "init", "--quiet")
    shas = []
    for day in ("2026-01-05T23:30:00-0300", "2025-12-31T00:00:00+0000", "2026-03-01T00:00:00+0000"):
        git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", day, GIT_COMMITTER_DATE=day)
        shas.append(git(tmp_path, "rev-parse", "HEAD"))

    def at(sha: str) -> Record:
        return Record(**{**vars(record), "commit": {"sha": sha, "dirty": False}})

    assert newest_commit(tmp_path, [at(shas[0]), at(shas[1])]) == "2026-01-06"
    assert newest_commit(tmp_path, [at(shas[1]), at("0" * 40)]) == "2025-12-31"
    assert newest_commit(tmp_path, [at("0" * 40)]) is None
