"""The only way a file is written: temporary file, fsync, rename. No reader sees half a file.

One maker at a time: locks that die with their owner.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psutil

from reprise.specs.errors import ConfigError

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)

log = logging.getLogger(__name__)


def write_bytes(path: Path, data: bytes, durable: bool = True) -> None:
    """Write ``data`` to ``path`` atomically; raises OSError with the size.

    What is written again whenever it is missing or damaged need not be ``durable``: a power failure
    may lose it then, and nothing waits for the disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        text = f"cannot write {len(data)} bytes: {error.strerror}"
        raise OSError(error.errno, text, str(path)) from error
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_text(path: Path, text: str, durable: bool = True) -> None:
    """Write UTF-8 text with Unix newlines atomically."""
    write_bytes(path, text.encode(), durable)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as sorted, indented JSON atomically."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def sha256(path: Path) -> str:
    """Digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new folder beside ``target`` that takes its place when the block ends without an error.

    For a moment, between two renames, the old one lies aside; after a kill just then, the next
    replacement puts it back. What else an interrupted one left behind is removed. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.old")
    if aside.exists() and not target.exists():
        aside.rename(target)
    for left in (aside, *target.parent.glob(f".{target.name}.*.tmp")):
        shutil.rmtree(left, ignore_errors=True)
    new = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp"))
    try:
        yield new
        new.chmod(0o755)
        os.sync()
        if target.exists():
            target.rename(aside)
        new.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


@contextlib.contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file ``path``; another process waits for it, and says for whom.

    Yields whether it had to wait.

    Raises:
        BlockingIOError: ``wait`` is false and somebody else holds it.
        ConfigError: the file system has no locks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        waited = False
        try:
            _flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            if not wait:
                raise BlockingIOError(f"{path.name} is held by {owner}") from None
            log.warning("waiting for %s, held by %s", path.name, owner)
            _flock(file, fcntl.LOCK_EX)
            waited = True
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        file.flush()
        yield waited


def _flock(file: IO[str], how: int) -> None:
    try:
        fcntl.flock(file, how)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        folder, where = Path(file.name).resolve().parent, "a file system"
        mounted = [
            p for p in psutil.disk_partitions(all=True) if folder.is_relative_to(p.mountpoint)
        ]
        if mounted:
            nearest = max(mounted, key=lambda p: len(p.mountpoint))
            where = f"the file system {nearest.mountpoint} ({nearest.fstype})"
        raise ConfigError(
            f"{folder} is on {where}, which has no locks (flock: {error.strerror}), "
            "so two makers of one result could not wait for each other: mount it with locks (NFS "
            "without nolock, Lustre with flock), or work in a checkout on a local disk"
        ) from error
