"""``reprise list`` and ``reprise new``: what papers there are and hold, and one more of them."""

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.cli.output import dumped, show_line
from reprise.project import find_project
from reprise.specs.errors import ConfigError, suggest
from reprise.specs.load import Config, load_claims, load_papers, paper_keys, papers_folder
from reprise.specs.paper import PaperSpec
from reprise.storage.atomic import write_text

KINDS = ("figures", "tables", "runs", "datasets", "claims")
_KEY = re.compile(r"[a-z][a-z0-9_]{2,40}")
_RESERVED = ("shared", "index", "report", "reports")


def show_list(config: Config, kind: str | None, as_json: bool, console: Console) -> None:
    """Print the papers of ``config`` and how much each has; or everything of one ``kind``.

    Raises:
        ConfigError: there is no such kind.
    """
    if kind not in (None, *KINDS):
        raise ConfigError(f"no kind {kind!r}{suggest(kind, KINDS)}")
    papers = [(paper, _catalogue(paper)) for paper in load_papers(config)]
    if as_json:
        content = {paper.key: {"title": paper.title, **contents} for paper, contents in papers}
        print(dumped({"schema": 1, "papers": content}))
        return
    for paper, contents in papers:
        if kind is None:
            counts = ", ".join(f"{len(contents[name])} {name}" for name in KINDS)
            show_line(f"{paper.key:14} {paper.title} ({paper.year}): {counts}", console)
            continue
        names = {f"{paper.key}/{name}": says for name, says in contents[kind].items()}
        width = max(map(len, names), default=0)
        for name, says in names.items():
            show_line(f"{name:{width}}  {says}".rstrip(), console)
    if kind is None:
        show_line(f"reprise list {'|'.join(KINDS)} names them", console, "dim")


def _catalogue(paper: PaperSpec) -> dict[str, Mapping[str, Any]]:
    """Kind -> name -> what it says, in a line."""
    return {
        "figures": {name: f"{f.title} ({f.source})" for name, f in paper.figures.items()},
        "tables": {
            name: f"from {', '.join(table.runs)}" if table.runs else ""
            for name, table in paper.tables.items()
        },
        "runs": {
            name: f"{run.model.name} on {run.task.name}, {run.steps} steps"
            for name, run in paper.runs.items()
        },
        "datasets": dict.fromkeys(paper.datasets, ""),
        "claims": {name: c.statement for name, c in load_claims(paper).claims.items()},
    }


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
