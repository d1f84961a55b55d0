"""Refuses Python and Snakemake files of more than 400 lines: one idea per file."""

import sys
from pathlib import Path

ROOMS = ("src", "tests", "tools", "benchmarks", "workflow")
LIMIT = 400


def too_long(root: Path, limit: int = LIMIT) -> list[str]:
    """``path: n lines`` for every Python or Snakemake file under ``root`` above ``limit`` lines."""
    found = []
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*")):
        if path.suffix in {".py", ".smk"}:
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > limit:
                found.append(f"{path.relative_to(root)}: {lines} lines, at most {limit}")
    return found


if __name__ == "__main__":
    findings = too_long(Path(__file__).resolve().parent.parent)
    print("\n".join(findings), end="\n" if findings else "")
    sys.exit(bool(findings))
