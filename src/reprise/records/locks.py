"""One maker per node: a lock that dies with its owner."""

import fcntl
import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file ``path``; another process waits for it, and says for whom.

    Yields whether it had to wait.

    Raises:
        BlockingIOError: ``wait`` is false and somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        waited = False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            if not wait:
                raise BlockingIOError(f"{path.name} is held by {owner}") from None
            log.warning("waiting for %s, held by %s", path.name, owner)
            fcntl.flock(file, fcntl.LOCK_EX)
            waited = True
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        file.flush()
        yield waited
