"""``reprise adopt FOLDER``: results made on another machine become the project's own."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.cli.options import overlay
from reprise.cli.output import console as open_console
from reprise.execution.adopt import Adoption, adopt, as_json, exit_code
from reprise.graph.build import build
from reprise.project import find_project
from reprise.provenance.inventory import take_inventory
from reprise.specs.load import load_config

SCHEMA = 1
_STYLES = {"tampered": "bold red", "refused": "yellow", "kept": "yellow", "left": "dim"}


def adopt_tree(
    folder: Path, papers: list[str] | None, scale: str | None, replace: bool, machine: bool
) -> int:
    """The verb; the scale is the one asked for, or that of the records; the exit code.

    Raises:
        ConfigError: ``folder`` is no tree, or the project's own.
    """
    project = find_project()
    inventory = take_inventory(folder)
    named = inventory.scales.most_common(1)
    chosen: dict[str, Any] = overlay(papers, scale or (named[0][0] if named else None))
    graph = build(load_config(project.config, chosen))
    found = adopt(project, graph, inventory, replace)
    if machine:
        print(
            json.dumps({"schema": SCHEMA, "scale": graph.config.scale, **as_json(found)}, indent=2)
        )
    else:
        show(found, inventory.problems, open_console())
    return exit_code(found)


def show(found: list[Adoption], problems: tuple[str, ...], console: Console) -> None:
    """Print what was not taken over and why, then the counts."""
    for adoption in found:
        if adoption.result in _STYLES:
            why = "; ".join(adoption.reasons[:4])
            _line(console, f"{adoption.result:9} {adoption.id}  {why}", _STYLES[adoption.result])
    for text in problems:
        _line(console, text, "bold red")
    behind = sum(adoption.result == "adopted" and bool(adoption.reasons) for adoption in found)
    if behind:
        _line(console, f"{behind} of them made with other versions of the libraries (behind)")
    counts = Counter(adoption.result for adoption in found)
    _line(console, ", ".join(f"{n} {result}" for result, n in counts.most_common()) or "nothing")


def _line(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
