"""Solves ``pyproject.toml`` into ``requirements/`` (hashed) and ``environment*.yml`` (not).

``lock.txt`` holds everything for every platform and for Python 3.11 and 3.12; ``lock-cuda.txt`` and
``lock-cluster.txt`` hold what those extras add to it; ``bootstrap.txt`` holds the installer. Pins
stay as they are unless ``--upgrade`` is given or ``pyproject.toml`` no longer allows them.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from environment import environment_yml

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
SOLVE = (
    *(str(ROOT / ".venv/.uv/bin/uv"), "pip", "compile", "--quiet"),
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"),
)

EXTRAS = {"cuda": (), "cluster": ("--group", "cluster")}
"""The extras with a lock of their own, and what their tests need beside them."""


def solve(output: Path, *arguments: str) -> None:
    """Write the solution of ``arguments`` to ``output``, keeping the pins that are in it."""
    subprocess.run([*SOLVE, *arguments, "--output-file", str(output)], cwd=ROOT, check=True)


def entries(lock: str) -> list[str]:
    """The requirements of a lock, each with its hash lines."""
    found: list[str] = []
    for line in lock.splitlines():
        if line.startswith(" "):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def added(lock: str, base: str) -> str:
    """The entries of ``lock`` that ``base`` lacks."""
    known = set(entries(base))
    return "".join(f"{entry}\n" for entry in entries(lock) if entry not in known)


def solve_extra(name: str, lock: Path, pins: list[Path], *arguments: str) -> None:
    """Write what the extra ``name`` adds to ``lock`` to its own lock."""
    output = REQUIREMENTS / f"lock-{name}.txt"
    kept = [path for path in (lock, *pins) if path.exists()]
    constraints = [part for path in kept for part in ("--constraints", str(path))]
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "whole.txt")
        solve(whole, "pyproject.toml", "--group", "dev", "--extra", name, *arguments, *constraints)
        text = added(whole.read_text("utf-8"), lock.read_text("utf-8"))
    output.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Write the four locks and the two environment files."""
    lock = REQUIREMENTS / "lock.txt"
    with tempfile.TemporaryDirectory() as folder:
        bootstrap = Path(folder, "bootstrap.in")
        bootstrap.write_text("setuptools\nuv\n", encoding="utf-8")
        solve(REQUIREMENTS / "bootstrap.txt", str(bootstrap), *arguments)
    solve(lock, "pyproject.toml", "--group", "dev", *arguments)
    for name, more in EXTRAS.items():
        pins = [] if arguments else [REQUIREMENTS / f"lock-{name}.txt"]
        solve_extra(name, lock, pins, *more)
    texts = [lock.read_text("utf-8"), (REQUIREMENTS / "lock-cuda.txt").read_text("utf-8")]
    (ROOT / "environment.yml").write_text(environment_yml(texts[0]), encoding="utf-8")
    (ROOT / "environment-cuda.yml").write_text(environment_yml(*texts), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
