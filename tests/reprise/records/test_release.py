"""The stamp of a published tree: what it says, of which commit, and that it is read as written."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_world import World

from reprise.records.record import Record, read_record
from reprise.records.tree import (
    LOCK,
    Release,
    Tree,
    commit_day,
    lock_text,
    read_release,
    release_of,
    write_release,
)

STAMP = Release("1.2.3", "0123456789abcdef", False, "2026-01-31", "Some Processor")


def git(root: Path, *arguments: str, **variables: str) -> str:
    command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


@pytest.fixture
def record(world: World) -> Record:
    return read_record(world.record("run"))


@pytest.mark.parametrize("stamp", [STAMP, replace(STAMP, commit=None, date=None, dirty=True)])
def test_is_read_as_it_was_written(tmp_path: Path, stamp: Release) -> None:
    write_release(tmp_path, stamp)
    (tmp_path / LOCK).write_text(lock_text(tmp_path))
    assert read_release(Tree(tmp_path)) == stamp


def test_the_own_tree_and_one_without_a_stamp_belong_to_no_release(tmp_path: Path) -> None:
    assert read_release(Tree(tmp_path)) is None
    write_release(tmp_path, STAMP)
    assert read_release(Tree(tmp_path, home=True)) is None


def test_in_words() -> None:
    assert str(STAMP) == "release 1.2.3 (commit 0123456, 2026-01-31, Some Processor)"
    edited = replace(STAMP, dirty=True, date=None)
    assert str(edited) == "release 1.2.3 (commit 0123456 with uncommitted edits, Some Processor)"
    assert "(commit unknown, " in str(replace(STAMP, commit=None))


def test_is_of_the_commit_that_is_checked_out(world: World, record: Record) -> None:
    day = "2026-01-05T23:30:00-0300"
    (world.root / "code.py").write_text("1")
    (world.root / "README.md").write_text("1")
    git(world.root, "init", "--quiet")
    git(world.root, "add", "code.py", "README.md", "results")
    git(world.root, "commit", "--quiet", "-m", "x", GIT_COMMITTER_DATE=day)
    made = release_of(world.root, [record])
    assert (made.commit, made.date) == (git(world.root, "rev-parse", "HEAD"), "2026-01-06")
    (world.root / "README.md").write_text("pages and results are not code")
    world.output("table").write_text("x")
    assert not release_of(world.root, [record]).dirty
    (world.root / "code.py").write_text("2")
    assert release_of(world.root, [record]).dirty


def test_without_git_the_commit_is_unknown(world: World, record: Record) -> None:
    made = release_of(world.root, [record])
    assert (made.commit, made.date, made.dirty) == (None, None, False)
    assert commit_day(world.root, "0" * 40) is None


def test_names_every_processor_and_the_accelerators_that_trained(
    world: World, record: Record
) -> None:
    def on(cpu: str, device: dict[str, Any]) -> Record:
        execution = {**record.execution, "device": device}
        return replace(record, environment={"cpu": cpu}, execution=execution)

    records = [
        replace(record, environment={"cpu": "B"}),
        on("A", {"platform": "cpu", "kind": "cpu"}),
        on("A", {"platform": "gpu", "kind": "H200"}),
    ]
    assert release_of(world.root, records).processor == "A, B, H200"
