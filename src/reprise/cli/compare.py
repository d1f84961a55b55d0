"""``reprise compare A B``: two result trees side by side."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.cli.output import console as open_console
from reprise.project import Project, find_project
from reprise.provenance.comparison import Tolerance
from reprise.provenance.inventory import Inventory, OutsideTree, take_inventory
from reprise.provenance.side_by_side import NodePair, SideBySide, side_by_side
from reprise.report.differences import (
    NAMES,
    difference_json,
    difference_text,
    tolerance_text,
    verdict_text,
)
from reprise.specs.load import load_config
from reprise.storage.atomic import write_text

SCHEMA = 1
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
    scale: str | None,
    relative: float | None,
    page: Path | None,
    as_json: bool,
) -> int:
    """The verb; the exit code."""
    project = find_project()
    chosen = load_config(project.config, {"scale": scale} if scale else None).scale
    first, second = folders(project, a, b, chosen)
    return compare(first, second, relative, page, as_json, open_console())


def folders(
    project: Project, a: Path | None, b: Path | None, scale: str
) -> tuple[Inventory, Inventory]:
    """The two trees: by default the project's own and the published one.

    Raises:
        ConfigError: one is no tree.
    """
    first = take_inventory(a or project.path(f"results/{scale}"))
    if a is not None and b is None and first.scales:
        scale = first.scales.most_common(1)[0][0]
    return first, take_inventory(b or project.path(f"results/published/{scale}"))


def compare(
    a: Inventory,
    b: Inventory,
    relative: float | None,
    page: Path | None,
    as_json: bool,
    console: Console,
) -> int:
    """Show how ``a`` and ``b`` compare, and write ``page``; the exit code."""
    found = side_by_side(a, b, Tolerance.of(relative))
    if page is not None:
        write_text(page, _page(found))
    if as_json:
        print(json.dumps(_json(found), indent=2, allow_nan=False))
    else:
        _show(found, console)
    return found.exit_code


def _page(found: SideBySide) -> str:
    from reprise.report.compare import build

    pictures = {node.id: (_svg(found.a, node), _svg(found.b, node)) for node in found.of("figure")}
    return build(found, pictures, (str(found.a.folder), str(found.b.folder)))


def _svg(side: Inventory, node: NodePair) -> bytes | None:
    name = next((file.name for file in node.files if file.name.endswith(".svg")), "")
    try:
        return side.entries[node.id].read(name) if name else None
    except (OSError, OutsideTree):
        return None


def _show(found: SideBySide, console: Console) -> None:
    _line(console, f"A: {found.a.folder}\nB: {found.b.folder}")
    flipped = [pair for pair in found.verdicts if pair.flipped]
    _line(console, f"verdicts: {len(found.verdicts)} compared, {len(flipped)} not the same")
    for pair in flipped:
        _line(console, f"  {pair.paper} {verdict_text(pair)}", "bold red")
    one_sided = [pair for pair in found.verdicts if None in (pair.before, pair.after)]
    for pair in one_sided:
        _line(console, f"  {pair.paper} {verdict_text(pair)}", "yellow")
    for kind, words in _KINDS.items():
        _show_kind(found.of(kind), words, console)
    for node in found.nodes:
        for note in node.altered:
            _line(console, f"  {node.id}: {note}", "bold red")
    for side, names in (("A", found.only_a), ("B", found.only_b)):
        if names:
            rest = ", ..." if len(names) > 3 else ""
            shown = f"{', '.join(names[:3])}{rest}"
            _line(console, f"only in {side}: {len(names)} ({shown})", "yellow")
    for text in (*found.a.problems, *found.b.problems):
        _line(console, f"  {text}", "bold red")
    for text, count in found.environments.items():
        _line(console, f"environment: {text} ({count} nodes)", "dim")
    _line(console, tolerance_text(found.tolerance), "dim")


def _show_kind(nodes: tuple[NodePair, ...], words: str, console: Console) -> None:
    if not nodes:
        return
    counts = [
        f"{count} {NAMES.get(status, status)}"
        for status in ("identical", "equal", "differs")
        if (count := sum(node.status == status for node in nodes))
    ]
    _line(console, f"{words}: {', '.join(counts)}")
    other = [node for node in nodes if node.status == "differs"]
    for node in other[:_MOST]:
        _line(console, f"  {node.id}")
        for file in node.files:
            if file.difference.status == "differs":
                _line(console, f"    {file.name}: {difference_text(file.difference)}", "dim")
    if len(other) > _MOST:
        _line(console, f"  and {len(other) - _MOST} more")


def _json(found: SideBySide) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "a": str(found.a.folder),
        "b": str(found.b.folder),
        "exit_code": found.exit_code,
        "tolerance": vars(found.tolerance),
        "verdicts": [{**asdict(pair), "flipped": pair.flipped} for pair in found.verdicts],
        "only_a": list(found.only_a),
        "only_b": list(found.only_b),
        "problems": [*found.a.problems, *found.b.problems],
        "environment": found.environments,
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind,
                "status": node.status,
                "altered": list(node.altered),
                "environment": list(node.environment),
                "files": [
                    {
                        "name": file.name,
                        "by_digest": file.by_digest,
                        **difference_json(file.difference),
                    }
                    for file in node.files
                ],
            }
            for node in found.nodes
        ],
    }


def _line(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
