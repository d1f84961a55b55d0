"""What changed between a record and the node that has its place now, in words."""

import reprlib
from typing import Any

from reprise.graph.nodes import Node
from reprise.records.record import Record

_LONGEST = 200
_SHORTENED = reprlib.Repr()
_SHORTENED.maxlist = _SHORTENED.maxdict = _SHORTENED.maxother = 50
INPUT_CHANGED = ("an input changed",)
_ABSENT = {"numerics": "exact"}
"""What a parameter is where a record does not hold it."""


def differences(node: Node, record: Record) -> tuple[str, ...]:
    """What changed from ``record`` to ``node``, named: parameters, definitions, files, inputs."""
    reasons = [f"parameter {text}" for text in changed(record.spec, node.spec)]
    reasons += [f"code {text}" for text in changed(record.code, node.code, values=False)]
    reasons += [f"file {text}" for text in changed(record.files, node.files, values=False)]
    before = set(record.inputs)
    reasons += [f"input {name} added" for name in node.inputs if name not in before]
    reasons += [f"input {name} removed" for name in before - set(node.inputs)]
    return tuple(reasons) or INPUT_CHANGED


def _said(value: Any) -> str:
    """A value of a record in words; whatever it is, short."""
    return value[:_LONGEST] if isinstance(value, str) else _SHORTENED.repr(value)[:_LONGEST]


def changed(before: Any, after: Any, path: str = "", values: bool = True) -> list[str]:
    """What changed from one nested mapping to another, by dotted path; with the values if asked."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(set(before) | set(after))
        return [
            text
            for name in names
            for text in changed(
                before.get(name), after.get(name), f"{path}.{name}" if path else name, values
            )
        ]
    if before == after:
        return []
    if values:
        old, new = (_ABSENT.get(path) if value is None else value for value in (before, after))
        return [f"{path}: {_said(old)} -> {_said(new)}"]
    return [f"{path} {'added' if before is None else 'removed' if after is None else 'changed'}"]
