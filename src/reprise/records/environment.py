"""What a result was made under: versions, lock, device. Kept apart from the fingerprint."""

import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from reprise import machine, surroundings

_RELEVANT = {
    "dataset": ("numpy", "scipy"),
    "run": ("jax", "jaxlib", "flax", "optax", "numpy"),
    "table": ("numpy", "scipy", "pandas"),
    "figure": ("matplotlib", "seaborn", "pandas", "numpy"),
    "verdict": ("numpy", "pandas"),
    "report": ("jinja2", "pandas", "altair", "vl-convert-python"),
}
"""Packages whose version can change the content of a kind of node."""


def versions(kind: str) -> dict[str, str]:
    """Package -> version, for the packages that a node of ``kind`` depends on."""
    return {name: _version(name) for name in _RELEVANT[kind]}


@cache
def _version(package: str) -> str:
    # Every call parses the package's metadata, and every state of every node asks for a handful.
    return metadata.version(package)


def environment(root: Path, kind: str) -> dict[str, Any]:
    """Lock digest, versions, Python, platform, processor, allocation, variables of this process."""
    lock = root / "requirements" / "lock.txt"
    return {
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
        "versions": versions(kind),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": machine.processor(),
        "instructions": machine.compiled_for(os.environ.get("XLA_FLAGS", "")),
        "cpu_count": os.cpu_count(),
        "cores": machine.cores(),
        "memory_bytes": machine.memory(),
        "variables": surroundings.recorded(),
    }


COMMIT = "REPRISE_COMMIT"
"""Environment variable: the commit (and ``dirty``), for jobs that get the sources without git."""


def commit(root: Path) -> dict[str, Any]:
    """The commit of the checkout and whether tracked files differ from it; None if nobody knows."""
    top = git(root, "rev-parse", "--show-toplevel")
    # Sources that were unpacked inside another repository are not that repository's.
    own = top is not None and Path(top).resolve() == root.resolve()
    sha = git(root, "rev-parse", "HEAD") if own else None
    if sha is not None:
        return {"sha": sha, "dirty": git(root, "status", "--porcelain", "-uno") != ""}
    sha, *dirty = os.environ.get(COMMIT, "").split() or [""]
    return {"sha": sha or None, "dirty": bool(dirty) if sha else None}


def commit_text(root: Path) -> str:
    """What to set ``COMMIT`` to for jobs that run elsewhere."""
    known = commit(root)
    return f"{known['sha'] or ''}{' dirty' if known['dirty'] else ''}"


def git(root: Path, *arguments: str) -> str | None:
    """What git says of the checkout ``root``, with times in UTC; None where it says nothing."""
    # Without variables of git that name another repository, as they are set inside its hooks.
    command, here = ["git", "-C", str(root), *arguments], {**surroundings.of_jobs(), "TZ": "UTC"}
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=here)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
