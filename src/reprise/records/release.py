"""The stamp of a published tree: the release whose code made it, once for the whole tree."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path

from reprise.records.environment import commit, git
from reprise.records.record import Record
from reprise.records.tree import LIMIT, Tree
from reprise.storage.atomic import write_json

RELEASE = "release.json"
_CODE = ("--", ".", ":!results", ":!*.md")
"""What of a checkout makes results: edited pages and an earlier publication make no difference."""


class BadRelease(Exception):
    """A tree has a stamp that cannot be used."""


@dataclass(frozen=True)
class Release:
    """Which code published a tree, and where its results were made."""

    version: str
    """Of the project."""
    commit: str | None
    """All of it; None where the sources came without git."""
    dirty: bool
    """True where the code differed from the commit."""
    date: str | None
    """UTC day of the commit, ISO 8601."""
    processor: str
    """Models of processors and accelerators that made the results, separated by commas."""

    def __str__(self) -> str:
        facts = (commit_words(self.commit, self.dirty), self.date, self.processor)
        return f"release {self.version} ({', '.join(fact for fact in facts if fact)})"


def commit_words(sha: str | None, dirty: bool | None = None) -> str:
    """``commit 6e52ffe``, ``commit 6e52ffe with uncommitted edits`` or ``commit unknown``."""
    known = f"commit {str(sha)[:7]}" if sha else "commit unknown"
    return f"{known} with uncommitted edits" if dirty else known


def release_of(root: Path, records: Iterable[Record]) -> Release:
    """The stamp of a tree with ``records`` that the checkout ``root`` publishes now."""
    known = commit(root)
    return Release(
        version=metadata.version("reprise"),
        commit=known["sha"],
        dirty=bool(known["dirty"]) and git(root, "status", "--porcelain", "-uno", *_CODE) != "",
        date=commit_day(root, known["sha"]),
        processor=", ".join(sorted({made_on(record) for record in records})),
    )


def commit_day(root: Path, commit: str | None) -> str | None:
    """The UTC day (ISO 8601) of ``commit``; None where git does not know it."""
    day = ("--no-patch", "--format=%cd", "--date=format-local:%Y-%m-%d")
    return git(root, "show", *day, f"{commit}^{{commit}}") if commit else None


def write_release(folder: Path, release: Release) -> None:
    """Stamp the tree ``folder``; to be done before its lock is written."""
    write_json(folder / RELEASE, asdict(release))


def read_release(tree: Tree) -> Release | None:
    """The stamp of ``tree``; None for the project's own tree, and for one that has none.

    Whether it is the stamp that the lock lists is not looked at.

    Raises:
        BadRelease: it is unreadable, or stands in no lock.
        BadLock: the lock of the tree cannot be read.
    """
    path = tree.folder / RELEASE
    if tree.home or not path.is_file():
        return None
    if tree.lock is None or RELEASE not in tree.lock:
        raise BadRelease("is not in the lock of the tree")
    if tree.leaves(path) or path.stat().st_size > LIMIT:
        raise BadRelease(f"not a file of at most {LIMIT >> 20} MB inside the tree")
    try:
        release = Release(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise BadRelease(f"not a stamp: {type(error).__name__}: {error}") from error
    for field in fields(release):
        if not isinstance(getattr(release, field.name), field.type):  # type: ignore[arg-type]
            raise BadRelease(f"{field.name} is not a {field.type}")
    return release


def made_on(record: Record) -> str:
    """The accelerator that trained, else the processor."""
    device = record.execution.get("device")
    if isinstance(device, dict) and device.get("platform", "cpu") != "cpu":
        return str(device.get("kind"))
    return str(record.environment.get("cpu"))
