"""Put a finished folder in the place of another: a reader sees all of the old or all of the new."""

import contextlib
import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_HERE, _EXCHANGE = -100, 2
"""``AT_FDCWD`` and ``RENAME_EXCHANGE`` of Linux's renameat2."""


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new folder beside ``target`` that takes its place when the block ends without an error.

    Whatever an interrupted replacement left behind is cleared up first.

    Raises:
        OSError: the folder cannot be written; ``target`` is as before.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear_up(target)
    new = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp"))
    try:
        yield new
        new.chmod(0o755)
        os.sync()
        if not target.exists():
            new.rename(target)
        elif not _exchange(new, target):
            # Some file systems cannot exchange: between two renames the old one lies aside, and
            # the next replacement would put it back.
            aside = _aside(target)
            target.rename(aside)
            new.rename(target)
            shutil.rmtree(aside)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _clear_up(target: Path) -> None:
    aside = _aside(target)
    if aside.exists() and not target.exists():
        aside.rename(target)
    shutil.rmtree(aside, ignore_errors=True)
    for left in target.parent.glob(f".{target.name}.*.tmp"):
        shutil.rmtree(left, ignore_errors=True)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _exchange(a: Path, b: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "renameat2"):
        return False
    return bool(library.renameat2(_HERE, bytes(a), _HERE, bytes(b), _EXCHANGE) == 0)
