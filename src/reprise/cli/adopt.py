"""``reprise adopt FOLDER``: results made on another machine become the project's own."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.audit.adopt import NOT_SHIPPED, Adoption, adopt, exit_code
from reprise.audit.verify import open_tree
from reprise.cli.output import console as open_console
from reprise.cli.output import dumped, show_line
from reprise.project import find_project
from reprise.records.tree import take_inventory

_MOST = 20
_STYLES = {"tampered": "bold red", "refused": "yellow", "kept": "yellow", "left": "dim"}


def adopt_tree(folder: Path, chosen: Mapping[str, Any], replace: bool, machine: bool) -> int:
    """The verb; the exit code. The scale is the one ``chosen``, or that of the records.

    Raises:
        ConfigError: ``folder`` is no tree, or the project's own.
    """
    project = find_project()
    inventory = take_inventory(folder)
    graph, _ = open_tree(project, folder, chosen)
    adoptions = adopt(project, graph, inventory, replace)
    code = exit_code(adoptions)
    if machine:
        counts = Counter(adoption.result for adoption in adoptions)
        summary = {"schema": 1, "scale": graph.config.scale, "exit_code": code, "counts": counts}
        print(dumped({**summary, "nodes": [vars(adoption) for adoption in adoptions]}))
    else:
        show(adoptions, inventory.problems, open_console())
    return code


def show(adoptions: list[Adoption], problems: tuple[str, ...], console: Console) -> None:
    """Print what was not taken over and why, then the counts; one line where nothing was."""
    shown = [adoption for adoption in adoptions if adoption.result in _STYLES]
    shown.sort(key=lambda adoption: list(_STYLES).index(adoption.result))
    for text in problems:
        show_line(text, console, "bold red")
    if len(shown) == len(adoptions) > _MOST and shown[0].result != "tampered":
        why = ", ".join(f"{n} {text}" for text, n in Counter(map(_why, shown)).most_common())
        show_line(f"Nothing was taken over: {why} (--json says it of each).", console, "yellow")
        return
    for one in shown[:_MOST]:
        line = f"{one.result:9} {one.id}  {'; '.join(one.reasons[:4])}"
        show_line(line, console, _STYLES[one.result])
    if len(shown) > _MOST:
        show_line(f"and {len(shown) - _MOST} more (--json names them)", console, "dim")
    if behind := sum(a.result == "adopted" and bool(a.reasons) for a in adoptions):
        show_line(f"{behind} of them made with other versions of the libraries (behind)", console)
    counts = Counter(adoption.result for adoption in adoptions).most_common()
    show_line(", ".join(f"{number} {result}" for result, number in counts) or "nothing", console)


def _why(adoption: Adoption) -> str:
    """Why it was not taken over, as one of few answers."""
    first = adoption.reasons[0] if adoption.reasons else ""
    if first == "stale":
        return "made by other code or settings than these"
    if first.endswith(NOT_SHIPPED):
        return "come without checkpoints"
    return "made from those" if first.startswith("its input ") else f"{adoption.result} ({first})"
