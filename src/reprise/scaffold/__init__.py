"""The folder of a new paper: a small one that runs, passes its tests, and is to be replaced."""

import re
from importlib import resources
from pathlib import Path

from reprise.specs.errors import ConfigError
from reprise.specs.load import paper_keys, papers_folder
from reprise.storage.atomic import write_text

_KEY = re.compile(r"[a-z][a-z0-9_]{2,40}")
_FILES = {
    "paper.yaml": "{paper}/paper.yaml",
    "claims.yaml": "{paper}/claims.yaml",
    "init.py": "{paper}/__init__.py",
    "tables.py": "{paper}/tables.py",
    "figures.py": "{paper}/figures.py",
    "README.md": "{paper}/README.md",
    "test_paper.py": "{tests}/test_{key}.py",
}


def scaffold(key: str, root: Path) -> list[Path]:
    """Write the files of a new paper ``key`` and its test; returns their paths.

    Raises:
        ConfigError: the key is not usable or taken.
    """
    if not _KEY.fullmatch(key):
        raise ConfigError(
            f"key: {key!r} is not usable; use lower-case letters, digits and _, e.g. smith2024"
        )
    paper = papers_folder() / key
    if key in paper_keys() or paper.exists():
        raise ConfigError(f"key: a paper {key!r} exists already at {paper}")
    tests = root / "tests" / "unit" / "papers" / key
    written = []
    for source, target in _FILES.items():
        path = Path(target.format(paper=paper, tests=tests, key=key))
        text = resources.files("reprise.scaffold").joinpath(f"template/{source}.tmpl").read_text()
        write_text(path, text.replace("@KEY@", key))
        written.append(path)
    (paper / "reference").mkdir(exist_ok=True)
    return written
