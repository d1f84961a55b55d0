"""A result tree: the folder that holds the results of one scale, wherever it lies.

The project's own tree is ``results/<scale>``. A published copy, or one that came from another
machine, has the same files below another folder; its lock says which of them were taken along, its
stamp which release made it. What a tree holds is read from its records, with no graph and no code
of today, so that trees of any version can be read.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from importlib import metadata
from pathlib import Path, PurePosixPath

from reprise.graph.nodes import Node
from reprise.records.environment import commit, git
from reprise.records.record import LIMIT, Record, UnreadableRecord, read_record
from reprise.specs.errors import ConfigError, suggest
from reprise.storage.atomic import sha256, write_json

LOCK = "lock.txt"
"""One line per file, as ``sha256sum --check`` reads it: digest, two spaces, path in the tree."""

RELEASE = "release.json"
"""The stamp of a published tree: the release whose code made it."""
_CODE = ("--", ".", ":!results", ":!*.md")
"""What of a checkout makes results: edited pages and an earlier publication make no difference."""
_PLACES = {
    # The second is its place in trees of the first release.
    "report": ("reports/*/report.record.json", "report.record.json", "report/report.record.json"),
    "verdict": ("*/verdicts.record.json",),
    "table": ("*/tables/*.record.json",),
    "figure": ("*/figures/*.record.json",),
    "dataset": ("*/datasets/*/record.json",),
    "run": ("*/runs/*/*/record.json",),
}


class BadLock(Exception):
    """A lock has a line that is not a digest and a path inside the tree."""


class OutsideTree(OSError):
    """A file of a tree is a link to somewhere else."""


@dataclass(frozen=True)
class Tree:
    """The results of one scale below ``folder``."""

    folder: Path
    home: bool = False
    """True for the project's own tree, whose links are the user's; others' links stay inside."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Path in the tree -> sha256, of files that were hashed before."""

    @classmethod
    def own(cls, root: Path, scale: str) -> "Tree":
        """The tree that the project at ``root`` makes."""
        return cls(root / "results" / scale, home=True)

    def path(self, output: str) -> Path:
        """Where ``output``, a path ``results/<scale>/...`` of a node, lies in this tree."""
        return Path(f"{self.folder}/{self.name(output)}")

    def name(self, output: str) -> str:
        """``output`` relative to the tree, in POSIX form."""
        return output.split("/", 2)[2]

    def title(self, output: str) -> str:
        """``output`` as people find it: from the project's root, or from the tree's folder."""
        return output if self.home else self.name(output)

    def digest(self, output: str) -> str:
        """sha256 of ``output``; raises OSError."""
        return self.digests.get(self.name(output)) or sha256(self.path(output))

    @cached_property
    def lock(self) -> dict[str, str] | None:
        """Path in the tree -> sha256, for a tree with a lock; raises BadLock."""
        path = self.folder / LOCK
        if not os.path.lexists(path):
            return None
        if not path.is_file() or self.leaves(path) or path.stat().st_size > LIMIT:
            raise BadLock(f"{LOCK}: not a file of at most {LIMIT >> 20} MB inside the tree")
        try:
            text = path.read_text(encoding="utf-8")
        except ValueError as error:
            raise BadLock(f"{LOCK}: not UTF-8 text") from error
        except OSError as error:
            raise BadLock(f"{LOCK}: {error.strerror}") from error
        entries = [_entry(line) for line in text.splitlines()]
        if len(dict(entries)) < len(entries):
            raise BadLock(f"{LOCK}: lists a file twice")
        return dict(entries)

    def withheld(self, output: str) -> bool:
        """True where the tree was made without ``output`` on purpose: its lock does not list it."""
        return self.lock is not None and self.name(output) not in self.lock

    def leaves(self, path: Path) -> bool:
        """True where a link takes ``path`` out of a tree that is not the project's own."""
        # Unlike resolve(), realpath() takes links in a circle.
        return not self.home and not Path(os.path.realpath(path)).is_relative_to(self._place)

    def inside(self, path: Path) -> Path:
        """``path``; raises OutsideTree where a link takes it out of the tree."""
        if self.leaves(path):
            raise OutsideTree(f"{path} is a link to outside {self.folder}")
        return path

    def files(self) -> Iterator[str]:
        """All files and links below the folder but the lock, sorted; links are not followed."""
        paths = []
        for place, folders, names in os.walk(self.folder):
            links = [name for name in folders if Path(place, name).is_symlink()]
            paths += [Path(place, name).relative_to(self.folder) for name in [*names, *links]]
        return iter(sorted(path.as_posix() for path in paths if path.as_posix() != LOCK))

    @cached_property
    def _place(self) -> Path:
        return Path(os.path.realpath(self.folder))


def _entry(line: str) -> tuple[str, str]:
    digest, _, name = line.partition("  ")
    parts = PurePosixPath(name).parts
    if len(digest) != 64 or set(digest) - set("0123456789abcdef") or not name or "\0" in name:
        raise BadLock(f"{LOCK}: not a digest and a path: {line[:80]!r}")
    if ".." in parts or PurePosixPath(name).is_absolute():
        raise BadLock(f"{LOCK}: {name!r} is outside the tree")
    return name, digest


def lock_text(folder: Path) -> str:
    """The lock of all files below ``folder`` but the lock itself, sorted by path."""
    names = (name for name in Tree(folder).files() if (folder / name).is_file())
    return lock_lines((name, sha256(folder / name)) for name in names)


def lock_lines(digests: Iterable[tuple[str, str]]) -> str:
    """A lock of these paths and their sha256, in their order."""
    return "".join(f"{digest}  {name}\n" for name, digest in digests)


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

    Whether it is the stamp that the lock lists is not looked at. Raises BadRelease, BadLock.
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
    for one in fields(release):
        if not isinstance(getattr(release, one.name), one.type):  # type: ignore[arg-type]
            raise BadRelease(f"{one.name} is not a {one.type}")
    return release


def made_on(record: Record) -> str:
    """The accelerator that trained, else the processor."""
    device = record.execution.get("device")
    if isinstance(device, dict) and device.get("platform", "cpu") != "cpu":
        return str(device.get("kind"))
    return str(record.environment.get("cpu"))


@dataclass(frozen=True)
class Entry:
    """One node of a tree, by its record."""

    tree: Tree
    path: Path
    """The record's file."""
    record: Record

    @property
    def id(self) -> str:
        """The node's id."""
        return str(self.record.node["id"])

    @property
    def kind(self) -> str:
        """The node's kind."""
        return str(self.record.node["kind"])

    @property
    def paper(self) -> str:
        """The key of its paper; empty for the report."""
        return str(self.record.node.get("paper"))

    def read(self, name: str) -> bytes | None:
        """The output ``name``, or None where the tree lacks it; raises OSError."""
        path = self.tree.inside(self.path.parent / name)
        return path.read_bytes() if path.is_file() else None


@dataclass(frozen=True)
class Inventory:
    """All nodes of a tree by id; ``problems`` names records that cannot be used."""

    folder: Path
    entries: dict[str, Entry]
    problems: tuple[str, ...] = field(default=())
    every: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    """The same with all specs that a run was made with."""

    def made_as(self, name: str, fingerprint: object) -> Entry | None:
        """The node ``name`` with this fingerprint."""
        same = self.every.get(name, ())
        return next((entry for entry in same if entry.record.fingerprint == fingerprint), None)

    def lineage(
        self, names: Sequence[str], planned: Mapping[str, Node] = {}, only: Sequence[str] = ()
    ) -> dict[str, Entry | None]:
        """``names`` (ids) and all that they were made from, inputs before what is made from them.

        Each is the one that a record names that it was an input of; ``names`` are those that are
        ``planned``, else the last that were made. None, with the inputs that are planned, where the
        tree has none. Of the inputs of ``names`` maybe ``only`` a few.

        Raises:
            ConfigError: the records go round in a circle.
        """
        entries: dict[str, Entry | None] = {}
        inputs: dict[str, list[str]] = {}
        queue = [(name, self.last(name, planned)) for name in names]
        for name, entry in queue:
            if name in entries:
                continue
            entries[name] = entry
            if entry:
                seen = entry.record.inputs
                made = {i: self.made_as(i, seen[i].get("fingerprint")) for i in seen}
            else:
                unmade = planned[name].inputs if name in planned else ()
                made = {i: self.last(i, planned) for i in unmade}
            inputs[name] = [i for i in made if not only or name not in names or i in only]
            queue += [(i, made[i]) for i in inputs[name]]
        try:
            return {name: entries[name] for name in TopologicalSorter(inputs).static_order()}
        except CycleError as error:
            raise ConfigError(f"records go round in a circle: {', '.join(error.args[1])}") from None

    def last(self, name: str, planned: Mapping[str, Node]) -> Entry | None:
        """The node as it is planned, else as it was made."""
        exact = self.made_as(name, planned[name].fingerprint) if name in planned else None
        return exact or self.entries.get(name)

    @cached_property
    def scales(self) -> Counter[str]:
        """Scale -> number of nodes."""
        return Counter(str(entry.record.node.get("scale")) for entry in self.entries.values())


def take_inventory(place: Path | Tree) -> Inventory:
    """The nodes of the tree ``place``, which of several specs of a run takes one.

    ConfigError: its folder holds no record where a tree has them.
    """
    tree = place if isinstance(place, Tree) else Tree(place)
    folder = tree.folder
    by_id: dict[str, list[Entry]] = {}
    problems = []
    for kind, path in _records(folder):
        try:
            record = read_record(tree.inside(path))
            if record.node.get("kind") != kind or not isinstance(record.node.get("id"), str):
                raise UnreadableRecord(f"{path}: the record of another place")
            by_id.setdefault(record.node["id"], []).append(Entry(tree, path, record))
        except (UnreadableRecord, OSError) as error:
            problems.append(str(error))
    if not by_id and not problems:
        raise no_tree(folder)
    named = {
        str(seen.get("fingerprint"))
        for entries in by_id.values()
        for entry in entries
        for seen in entry.record.inputs.values()
    }
    entries = {}
    for name, same in sorted(by_id.items()):
        # Earlier specs of a run keep their folders: the one that another record names, or the last.
        used = [entry for entry in same if entry.record.fingerprint in named]
        entries[name] = (used or same)[-1]
    return Inventory(folder, entries, tuple(problems), by_id)


def tree_around(path: Path) -> Path | None:
    """The nearest folder above ``path`` that is a result tree."""
    return next((place for place in path.parents if next(_records(place), None)), None)


def no_tree(folder: Path) -> ConfigError:
    """What to tell somebody who names ``folder``: what is wrong with it, and what is near."""
    what = "is no result tree (no records in it)" if folder.is_dir() else "is no folder"
    around = [folder, *folder.parents][:3]
    near = [path for place in around if place.is_dir() for path in _trees_near(place)]
    return ConfigError(f"{folder} {what}{suggest(folder, dict.fromkeys(near))}")


def _trees_near(place: Path) -> Iterator[Path]:
    for pattern in ("*", "*/*", "results/*", "results/published/*"):
        for path in sorted(place.glob(pattern))[:200]:
            if path.is_dir() and next(_records(path), None):
                yield path


def _records(folder: Path) -> Iterator[tuple[str, Path]]:
    for kind, patterns in _PLACES.items():
        for pattern in patterns:
            for path in sorted(folder.glob(pattern)):
                yield kind, path
