"""A result tree: the folder that holds the results of one scale, wherever it lies.

The project's own tree is ``results/<scale>``. A published copy, or one that came from another
machine, has the same files below another folder; its lock says which of them were taken along.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from reprise.storage.atomic import sha256

LOCK = "lock.txt"
"""One line per file, as ``sha256sum --check`` reads it: digest, two spaces, path in the tree."""


class BadLock(Exception):
    """A lock has a line that is not a digest and a path inside the tree."""


@dataclass(frozen=True)
class Tree:
    """The results of one scale below ``folder``."""

    folder: Path

    @classmethod
    def own(cls, root: Path, scale: str) -> "Tree":
        """The tree that the project at ``root`` makes."""
        return cls(root / "results" / scale)

    def path(self, output: str) -> Path:
        """Where ``output``, a path ``results/<scale>/...`` of a node, lies in this tree."""
        return self.folder.joinpath(*PurePosixPath(output).parts[2:])

    def name(self, output: str) -> str:
        """``output`` relative to the tree, in POSIX form."""
        return PurePosixPath(*PurePosixPath(output).parts[2:]).as_posix()

    @cached_property
    def lock(self) -> dict[str, str] | None:
        """Path in the tree -> sha256, for a tree with a lock; raises BadLock."""
        try:
            text = (self.folder / LOCK).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise BadLock(f"{self.folder / LOCK}: not UTF-8 text") from error
        return dict(self._entry(line) for line in text.splitlines())

    def withheld(self, output: str) -> bool:
        """True where the tree was made without ``output`` on purpose: its lock does not list it."""
        return self.lock is not None and self.name(output) not in self.lock

    def _entry(self, line: str) -> tuple[str, str]:
        digest, _, name = line.partition("  ")
        parts = PurePosixPath(name).parts
        if len(digest) != 64 or set(digest) - set("0123456789abcdef") or not name:
            raise BadLock(f"{self.folder / LOCK}: not a digest and a path: {line[:80]!r}")
        if ".." in parts or PurePosixPath(name).is_absolute():
            raise BadLock(f"{self.folder / LOCK}: {name!r} is outside the tree")
        return name, digest


def lock_text(folder: Path) -> str:
    """The lock of all files below ``folder`` but the lock itself, sorted by path."""
    files = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path != folder / LOCK
    }
    return "".join(f"{sha256(files[name])}  {name}\n" for name in sorted(files))
