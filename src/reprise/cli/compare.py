"""``reprise compare A B``: two result trees side by side."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.audit.compare import (
    Comparison,
    NodeDifference,
    VerdictPair,
    compare,
    environments,
)
from reprise.audit.diff import Status, Tolerance, in_words
from reprise.cli.output import console as open_console
from reprise.cli.output import dumped, show_line, write_page
from reprise.cli.plan import nothing_yet
from reprise.project import Project, find_project
from reprise.records.tree import Inventory, take_inventory
from reprise.report.text import plural
from reprise.specs.errors import ConfigError
from reprise.specs.load import load_config

_KINDS = {
    "verdict": "tables of verdicts",
    "table": "tables",
    "figure": "figures",
    "run": "runs",
    "dataset": "data sets",
}
_MOST = 20


def compare_trees(
    a: Path | None,
    b: Path | None,
    papers: Sequence[str],
    scale: str | None,
    tolerance: Tolerance,
    page: Path | None,
    as_json: bool,
) -> int:
    """The verb: show how the trees compare, and write ``page``; the exit code."""
    project = find_project()
    chosen = load_config(project.config, {"scale": scale} if scale else None).scale
    comparison = compare(*folders(project, a, b, chosen), tolerance, papers)
    if page is not None:
        from reprise.report.html import build_comparison

        write_page(page, build_comparison(comparison))
    if as_json:
        print(dumped(_as_json(comparison)))
    else:
        show(comparison, open_console())
    return comparison.exit_code


def folders(
    project: Project, a: Path | None, b: Path | None, scale: str
) -> tuple[Inventory, Inventory]:
    """The two trees: by default the project's own and the published one; raises ConfigError."""
    own = project.path(f"results/{scale}")
    if a is None and not own.is_dir():
        raise ConfigError(f"{nothing_yet(project, scale)}; name two trees to compare others")
    first = take_inventory(a or own)
    if a is not None and b is None and first.scales:
        scale = first.scales.most_common(1)[0][0]
    return first, take_inventory(b or project.path(f"results/published/{scale}"))


def show(comparison: Comparison, console: Console) -> None:
    """Print verdicts first, then what differs by kind, then what only one side has."""
    for side, inventory in (("A", comparison.a), ("B", comparison.b)):
        show_line(f"{side}: {inventory.folder}", console)
    _show_verdicts(comparison.verdicts, console)
    for kind, words in _KINDS.items():
        if nodes := comparison.of(kind):
            _show_kind(nodes, words, console)
    for node in comparison.nodes:
        for note in node.altered:
            show_line(f"  {node.id}: {note}", console, "bold red")
    for side, names in (("A", comparison.only_a), ("B", comparison.only_b)):
        if names:
            shown = ", ".join([*names[:3], *(["..."] if len(names) > 3 else [])])
            show_line(f"only in {side}: {len(names)} ({shown})", console, "yellow")
    for text in (*comparison.a.problems, *comparison.b.problems):
        show_line(f"  {text}", console, "bold red")
    for text, count in environments(comparison.nodes).items():
        show_line(f"environment: {text} ({plural(count, 'node')})", console, "dim")
    show_line(comparison.tolerance.text, console, "dim")


def _as_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "schema": 1,
        "a": str(comparison.a.folder),
        "b": str(comparison.b.folder),
        "exit_code": comparison.exit_code,
        "tolerance": vars(comparison.tolerance),
        "verdicts": [{**asdict(pair), "flipped": pair.flipped} for pair in comparison.verdicts],
        "only_a": comparison.only_a,
        "only_b": comparison.only_b,
        "problems": [*comparison.a.problems, *comparison.b.problems],
        "environment": environments(comparison.nodes),
        "nodes": [node.as_json() for node in comparison.nodes],
    }


def _show_verdicts(verdicts: Sequence[VerdictPair], console: Console) -> None:
    flipped = [pair for pair in verdicts if pair.flipped]
    show_line(f"verdicts: {len(verdicts)} compared, {len(flipped)} not the same", console)
    for pair in flipped:
        show_line(f"  {pair.paper} {pair.text}", console, "bold red")
    for pair in verdicts:
        if None in (pair.before, pair.after):
            show_line(f"  {pair.paper} {pair.text}", console, "yellow")


def _show_kind(nodes: tuple[NodeDifference, ...], words: str, console: Console) -> None:
    show_line(f"{words}: {in_words(node.status for node in nodes)}", console)
    other = [node for node in nodes if node.status is Status.DIFFERS]
    for node in other[:_MOST]:
        show_line(f"  {node.id}", console)
        for name, difference in node.files.items():
            if difference.status is Status.DIFFERS:
                show_line(f"    {name}: {difference.text}", console, "dim")
    if len(other) > _MOST:
        show_line(f"  and {len(other) - _MOST} more", console)
