"""``reprise status``: the state of every node of the project's own tree, from content alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.table import Table

from reprise.cli.output import dumped, show_line
from reprise.cli.plan import twins_lines
from reprise.graph.build import Graph
from reprise.graph.nodes import KINDS
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records.state import Name, State, exit_code

SCHEMA = 1
NEVER_MADE = ("never made",)
_STYLES: dict[Name, str] = {
    "current": "green",
    "behind": "yellow",
    "stale": "yellow",
    "missing": "yellow",
    "tampered": "bold red",
    "unverifiable": "bold red",
}
_STATES = tuple(_STYLES)
_MOST_REASONS = 4


def show_status(plan: Plan, as_json: bool, console: Console, chosen: bool = False) -> int:
    """Print the states; returns the exit code.

    Where papers were ``chosen`` only theirs count, as in ``verify``: not the report of that choice.
    """
    nodes = plan.graph.nodes
    states = {name: s for name, s in plan.states.items() if nodes[name].paper or not chosen}
    for name, twin in plan.twins.items():
        note = f"the same at scale {twin.node.scale}"
        states[name] = replace(states[name], note=note)
    code = exit_code(states.values())
    if as_json:
        print(dumped({"schema": SCHEMA, "exit_code": code, "nodes": described(states)}))
    elif all(state.reasons == NEVER_MADE for state in states.values()):
        show_line(nothing_yet(plan.project, plan.graph.config.scale), console)
        for line in twins_lines(plan.twins):
            show_line(f"'reprise run' takes over {line}", console)
    else:
        show_counts(f"Scale {plan.graph.config.scale}", plan.graph, states, console)
        show_reasons(states, console)
    return code


def nothing_yet(project: Project, scale: str) -> str:
    """What to do where no result of ``scale`` was made: make them, or look at published ones."""
    make = f"nothing was made at scale {scale} yet: 'reprise run --scale {scale}' makes it"
    published = project.path("results/published")
    scales = sorted(path.name for path in published.glob("*") if path.is_dir())
    tree = f"results/published/{scale if scale in scales else scales[0]}" if scales else ""
    return f"{make}; 'reprise verify {tree}' checks what is published" if tree else make


def described(states: Mapping[str, State]) -> dict[str, Any]:
    """States as JSON."""
    return {
        name: {"state": s.name, "reasons": list(s.reasons), **({"note": s.note} if s.note else {})}
        for name, s in states.items()
    }


def show_counts(title: str, graph: Graph, states: Mapping[str, State], console: Console) -> None:
    """Print how many nodes of each kind are in each state."""
    counts = Counter((graph.nodes[i].kind, state.title) for i, state in states.items())
    shown = sorted({(_STATES.index(s.name), s.title) for s in states.values()})
    show_line(title, console, "italic")
    table = Table(box=None)
    table.add_column("kind")
    for place, column in shown:
        table.add_column(column, justify="right", style=_STYLES[_STATES[place]])
    for kind in KINDS:
        if any(k == kind for k, _ in counts):
            table.add_row(kind, *(str(counts[kind, column] or "") for _, column in shown))
    console.print(table)


def show_reasons(states: Mapping[str, State], console: Console, never_made: bool = False) -> None:
    """Print why states are not current, ``never made`` if asked for; of what is stale, in short."""
    for name, state in states.items():
        if state.name != "current" and (never_made or state.reasons != NEVER_MADE):
            most = _MOST_REASONS if state.name == "stale" else len(state.reasons)
            why = "; ".join(state.reasons[:most])
            if len(state.reasons) > most:
                why += f"; and {len(state.reasons) - most} more (--json has all)"
            show_line(f"{state.name:12} {name}  {why}", console, _STYLES[state.name])
