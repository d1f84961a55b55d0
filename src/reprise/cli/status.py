"""``reprise status``: the state of every node, from content alone."""

import json
from collections import Counter

from rich.console import Console
from rich.table import Table

from reprise.execution.planning import Plan
from reprise.graph.nodes import KINDS
from reprise.provenance.state import Name, State

SCHEMA = 1
STALE, TAMPERED = 3, 4
_STATES: tuple[Name, ...] = ("current", "behind", "stale", "missing", "tampered", "unverifiable")
_STYLES = {"current": "green", "behind": "yellow", "stale": "yellow", "tampered": "bold red"}


def exit_code(states: dict[str, State]) -> int:
    """0 if all may be used, 4 if any is tampered or unverifiable, else 3."""
    names = {state.name for state in states.values()}
    if names & {"tampered", "unverifiable"}:
        return TAMPERED
    return STALE if names & {"stale", "missing"} else 0


def show_status(plan: Plan, as_json: bool, console: Console) -> int:
    """Print the states; returns the exit code."""
    code = exit_code(plan.states)
    if as_json:
        nodes = {i: {"state": s.name, "reasons": list(s.reasons)} for i, s in plan.states.items()}
        print(json.dumps({"schema": SCHEMA, "exit_code": code, "nodes": nodes}, indent=2))
        return code
    kinds = {node.id: node.kind for node in plan.graph.nodes.values()}
    counts = Counter((kinds[i], state.name) for i, state in plan.states.items())
    table = Table(box=None, title=f"Scale {plan.graph.config.scale}", title_justify="left")
    table.add_column("kind")
    shown = [name for name in _STATES if any(n == name for _, n in counts)]
    for name in shown:
        table.add_column(name, justify="right", style=_STYLES.get(name))
    for kind in KINDS:
        if any(k == kind for k, _ in counts):
            table.add_row(kind, *(str(counts[kind, name] or "") for name in shown))
    console.print(table)
    for node_id, state in plan.states.items():
        if state.name != "current" and state.reasons != ("never made",):
            why = "; ".join(state.reasons[:3])
            style = _STYLES.get(state.name)
            console.print(
                f"{state.name:12} {node_id}  {why}", style=style, markup=False, highlight=False
            )
    return code
