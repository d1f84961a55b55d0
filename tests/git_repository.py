"""Git with a name of its own, for repositories that tests make; a fresh clone of the sources."""

import os
import shutil
import subprocess
from pathlib import Path

from workspace import ROOT


def git(root: Path, *arguments: str, **variables: str) -> str:
    """What ``git`` prints in the folder ``root``; raises CalledProcessError."""
    command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


def fresh_copy(root: Path) -> None:
    """Put the sources of this project into ``root``, committed, with nothing built."""
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split(
        "\0"
    ):
        if (ROOT / name).is_file() or (ROOT / name).is_symlink():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name, follow_symlinks=False)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A clone")
