"""``reprise new KEY``: the folder of a new paper, a small one that runs and is to be replaced."""

import re
from importlib import resources
from pathlib import Path

from reprise.project import find_project
from reprise.specs.errors import ConfigError
from reprise.specs.load import paper_keys, papers_folder
from reprise.storage.atomic import write_text

_KEY = re.compile(r"[a-z][a-z0-9_]{2,40}")
_RESERVED = ("shared", "index", "report", "reports")


def new_paper(key: str) -> None:
    """Write the files and say what to do next."""
    project = find_project()
    for path in scaffold(key, project.root):
        print(path.relative_to(project.root))
    print(
        f"Next: fill in paper.yaml and claims.yaml, then 'reprise run --paper {key} --scale smoke'."
    )


def scaffold(key: str, root: Path) -> list[Path]:
    """Write the files of a new paper ``key`` and its test below ``root``; returns their paths.

    Raises:
        ConfigError: the key is not usable or taken.
    """
    if not _KEY.fullmatch(key) or key in _RESERVED:
        raise ConfigError(
            f"key: {key!r} is not usable; use lower-case letters, digits and _, e.g. smith2024"
        )
    places = {"paper": papers_folder() / key, "tests": root / "tests" / "papers" / key}
    if key in paper_keys() or places["paper"].exists():
        raise ConfigError(f"key: a paper {key!r} exists already at {places['paper']}")
    templates = Path(str(resources.files("reprise.cli"))) / "scaffold"
    written = []
    for template in sorted(templates.rglob("*.tmpl")):
        place, *inside = template.relative_to(templates).with_suffix("").parts
        path = places[place].joinpath(*inside)
        write_text(path, template.read_text(encoding="utf-8").replace("@KEY@", key))
        written.append(path)
    return written
