"""What a result was made under: versions, lock, device. Kept apart from the fingerprint."""

import hashlib
import math
import os
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

_RELEVANT = {
    "dataset": ("numpy", "scipy"),
    "run": ("jax", "jaxlib", "flax", "optax", "numpy"),
    "table": ("numpy", "scipy", "pandas"),
    "figure": ("matplotlib", "seaborn", "pandas", "numpy"),
    "verdict": ("numpy", "pandas"),
    "report": ("jinja2", "pandas"),
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
    """Lock digest, versions, Python, platform, processor and allocation of this process."""
    lock = root / "requirements" / "lock.txt"
    return {
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
        "versions": versions(kind),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": processor(),
        "cpu_count": os.cpu_count(),
        "cores": cores(),
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


def cores(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores that this process may use, at least one: its affinity, and the limit of its cgroup.

    ``groups`` is where the system shows the limits of version 2 of cgroups.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        quota, period = (groups / "cpu.max").read_text().split()
        allowed = min(allowed or 1, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):  # no such file, or no limit ("max")
        pass
    return max(allowed or 1, 1)


def git(root: Path, *arguments: str) -> str | None:
    """What git says of the checkout ``root``, with times in UTC; None where it says nothing."""
    command, here = ["git", "-C", str(root), *arguments], {**os.environ, "TZ": "UTC"}
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=here)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


@cache
def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
