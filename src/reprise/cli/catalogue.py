"""``reprise list``: what there is to make, to trace and to judge, by paper."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from reprise.cli.output import dumped, show_line
from reprise.specs.errors import ConfigError, suggest
from reprise.specs.load import Config, load_claims, load_papers
from reprise.specs.paper import PaperSpec

KINDS = ("figures", "tables", "runs", "datasets", "claims")


def show_list(config: Config, kind: str | None, as_json: bool, console: Console) -> None:
    """Print the papers of ``config`` and how much each has; or everything of one ``kind``.

    Raises:
        ConfigError: there is no such kind.
    """
    if kind not in (None, *KINDS):
        raise ConfigError(f"no kind {kind!r}{suggest(kind, KINDS)}")
    papers = [(paper, _catalogue(paper)) for paper in load_papers(config)]
    if as_json:
        content = {paper.key: {"title": paper.title, **found} for paper, found in papers}
        print(dumped({"schema": 1, "papers": content}))
        return
    for paper, found in papers:
        if kind is None:
            counts = ", ".join(f"{len(found[name])} {name}" for name in KINDS)
            show_line(f"{paper.key:14} {paper.title} ({paper.year}): {counts}", console)
        else:
            _show_names(paper, found[kind], console)
    if kind is None:
        show_line(f"reprise list {'|'.join(KINDS)} names them", console, "dim")


def _show_names(paper: PaperSpec, found: Mapping[str, str], console: Console) -> None:
    names = [f"{paper.key}/{name}" for name in found]
    width = max(map(len, names), default=0)
    for name, says in zip(names, found.values(), strict=True):
        show_line(f"{name:{width}}  {says}".rstrip(), console)


def _catalogue(paper: PaperSpec) -> dict[str, Mapping[str, Any]]:
    """Kind -> name -> what it says, in a line."""
    return {
        "figures": {name: f"{f.title} ({f.source})" for name, f in paper.figures.items()},
        "tables": {name: _made_of(table.runs) for name, table in paper.tables.items()},
        "runs": {
            name: f"{run.model.name} on {run.task.name}, {run.steps} steps"
            for name, run in paper.runs.items()
        },
        "datasets": dict.fromkeys(paper.datasets, ""),
        "claims": {name: c.statement for name, c in load_claims(paper).claims.items()},
    }


def _made_of(runs: Sequence[str]) -> str:
    return f"from {', '.join(runs)}" if runs else ""
