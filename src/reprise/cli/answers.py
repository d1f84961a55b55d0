"""How the answer of a challenge is shown: text, and JSON."""

import json
from typing import Any

from rich.console import Console

from reprise.cli.challenge import Outcome
from reprise.execution.answers import NodeAnswer, environments
from reprise.report.differences import (
    NAMES,
    difference_json,
    difference_text,
    tolerance_text,
    verdict_text,
)

SCHEMA = 1
STYLES = {"identical": "green", "equal": "green", "differs": "bold red", "not comparable": "yellow"}
_MOST = 12


def show(outcome: Outcome, console: Console) -> None:
    """Print the answer: from the target up to the runs, then the environment."""
    for node in reversed(outcome.nodes):
        _show_node(node, console)
    for text, count in environments(outcome.nodes).items():
        _line(console, f"{text} ({count} {'node' if count == 1 else 'nodes'})", "dim")
    question = outcome.question
    name = NAMES.get(outcome.answer, outcome.answer)
    causes = [n.id for n in outcome.nodes if n.decides and n.status == "differs"]
    where = f" in {', '.join(causes)}" if causes and causes != [question.node.id] else ""
    _line(console, f"{question.node.id}: {name}{where}", STYLES.get(outcome.answer, "bold red"))
    for reason in outcome.reasons[:_MOST]:
        _line(console, f"  {reason}")
    if len(outcome.reasons) > _MOST:
        _line(console, f"  and {len(outcome.reasons) - _MOST} more reasons")
    if outcome.commit:
        _line(console, f"Recorded commit to check out: {outcome.commit}")
    if outcome.nodes:
        _line(console, tolerance_text(outcome.options.tolerance), "dim")
    if outcome.kept:
        _line(console, f"Kept: {outcome.kept}")


def outcome_json(outcome: Outcome) -> str:
    """The answer for machines."""
    question, options = outcome.question, outcome.options
    value = {
        "schema": SCHEMA,
        "target": question.node.id,
        "scale": question.plan.graph.config.scale,
        "tree": str(question.tree.folder),
        "from": options.start,
        "tolerance": vars(options.tolerance),
        "answer": outcome.answer,
        "exit_code": outcome.code,
        "reasons": list(outcome.reasons),
        "commit": outcome.commit,
        "environment": environments(outcome.nodes),
        "kept": outcome.kept,
        "nodes": [_node_json(node) for node in reversed(outcome.nodes)],
    }
    return json.dumps(value, indent=2, allow_nan=False)


def _node_json(node: NodeAnswer) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "status": node.status,
        "decides": node.decides,
        "taken": node.taken,
        "notes": list(node.notes),
        "environment": list(node.environment),
        "verdicts": [vars(pair) for pair in node.verdicts],
        "files": [
            {
                "name": file.name,
                "recorded_sha256": file.recorded,
                "made_sha256": file.made,
                **difference_json(file.difference),
            }
            for file in node.files
        ],
    }


def _show_node(node: NodeAnswer, console: Console) -> None:
    status = "taken as it is" if node.taken else NAMES.get(node.status, node.status)
    aside = "" if node.decides or node.status == "identical" else "  (does not decide)"
    style = STYLES[node.status] if node.decides else "dim"
    _line(console, f"{status:22}  {node.id}{aside}", style)
    for note in node.notes:
        _line(console, f"{'':24}{note}")
    for file in node.files:
        text = difference_text(file.difference)
        if text and not node.taken:
            _line(console, f"{'':24}{file.name}: {text}", "dim")
        for cell in file.difference.places:
            values = f"{cell.before or 'nothing'} -> {cell.after or 'nothing'}"
            _line(console, f"{'':26}row {cell.row}, {cell.column}: {values}", "dim")
    for pair in node.verdicts:
        _line(console, f"{'':24}{verdict_text(pair)}")


def _line(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
