"""Git with a name of its own, for repositories that tests make."""

import os
import subprocess
from pathlib import Path


def git(root: Path, *arguments: str, **variables: str) -> str:
    """What ``git`` prints in the folder ``root``; raises CalledProcessError."""
    command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()
