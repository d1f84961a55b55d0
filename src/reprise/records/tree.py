"""A result tree: the folder that holds the results of one scale, wherever it lies.

The project's own tree is ``results/<scale>``. A published copy, or one that came from another
machine, has the same files below another folder; its lock says which of them were taken along.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from reprise.storage.atomic import sha256

LOCK = "lock.txt"
"""One line per file, as ``sha256sum --check`` reads it: digest, two spaces, path in the tree."""

LIMIT = 64 * 2**20
"""Bytes of a lock or a record beyond which it is refused unread."""


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
        found = []
        for place, folders, names in os.walk(self.folder):
            links = [name for name in folders if Path(place, name).is_symlink()]
            found += [Path(place, name).relative_to(self.folder) for name in [*names, *links]]
        return iter(sorted(path.as_posix() for path in found if path.as_posix() != LOCK))

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
