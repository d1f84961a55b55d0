"""Local copies of what a storage holds, brought up to date: only what changed is fetched."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_SAME_S = 1e-3
"""Dates of a file are kept to less than this."""


class Held(Protocol):
    """A file in a storage, as storage plugins of the scheduler describe it."""

    def local_path(self) -> Path:
        """Where its copy is, or would be."""

    def retrieve_object(self) -> None:
        """Write the copy."""


@dataclass(frozen=True)
class Listed:
    """What the storage says of a file that it holds."""

    mtime: float
    """Seconds since 1970."""
    size: int
    """Bytes."""


def bring(held: Held, listed: Listed | None) -> bool:
    """Make the local copy of ``held`` what the storage holds (``listed``; None: nothing).

    A copy has the date of what it was copied from; returns whether it had to be fetched. Whether
    its content is any good is for its record to say.

    Raises:
        OSError, what the plugin raises.
    """
    path = Path(held.local_path())
    if listed is None:
        path.unlink(missing_ok=True)
        return False
    if _is_copy(path, listed):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    held.retrieve_object()
    os.utime(path, (listed.mtime, listed.mtime))
    return True


def _is_copy(path: Path, listed: Listed) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return found.st_size == listed.size and abs(found.st_mtime - listed.mtime) < _SAME_S
