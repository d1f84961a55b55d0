"""What changed, in words: from a record to the node in its place now, or to another record.

The record of every verdict holds the claims as they were judged. When claims are judged again, what
is not as in an earlier record is noted in the new one, and carried on from record to record.
"""

import reprlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reprise.graph.closure import REFERENCES
from reprise.graph.nodes import Node
from reprise.records.record import Record
from reprise.specs.claims import rules
from reprise.surroundings import XLA_FLAGS

INPUT_CHANGED = ("an input changed",)
UNNAMED = "its record does not name the instructions of its processor"
NOTED = "claims_changed"
"""Field of ``execution``: claim -> what was changed, in words."""

_LONGEST = 200
_SHORTENED = reprlib.Repr()
_SHORTENED.maxlist = _SHORTENED.maxdict = _SHORTENED.maxother = 50
_ABSENT = {"numerics": "exact"}
"""What a parameter is where a record does not hold it."""


def node_changes(node: Node, record: Record) -> tuple[str, ...]:
    """What changed from ``record`` to ``node``, named: parameters, definitions, files, inputs."""
    files = value_changes(record.files, node.files, values=False)
    before = set(record.inputs)
    reasons = (
        *(f"parameter {text}" for text in value_changes(record.spec, node.spec)),
        *code_changes(record.code, node.code),
        *(f"file {text}" for text in files),
        *(f"input {name} added" for name in node.inputs if name not in before),
        *(f"input {name} removed" for name in before - set(node.inputs)),
    )
    return reasons or INPUT_CHANGED


def code_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Definitions that say something else, are new or are gone; moving one is no change."""
    gone, new = set(before.values()), set(after.values())
    old = {name: digest for name, digest in before.items() if digest not in new}
    now = {name: digest for name, digest in after.items() if digest not in gone}
    rewired = REFERENCES in old or REFERENCES in now
    for code in (old, now):
        code.pop(REFERENCES, None)
    texts = [f"code {text}" for text in value_changes(old, now, values=False)]
    return texts or (["code: a name stands for another definition"] if rewired else [])


def value_changes(before: Any, after: Any, path: str = "", values: bool = True) -> list[str]:
    """What changed from one nested mapping to another, by dotted path; with ``values``, or not."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(set(before) | set(after))
        return [
            text
            for name in names
            for text in value_changes(
                before.get(name), after.get(name), f"{path}.{name}" if path else name, values
            )
        ]
    if before == after:
        return []
    if values:
        old, new = (_ABSENT.get(path) if value is None else value for value in (before, after))
        return [f"{path}: {_shortened(old)} -> {_shortened(new)}"]
    return [f"{path} {'added' if before is None else 'removed' if after is None else 'changed'}"]


def environment_changes(before: Record, after: Record) -> tuple[str, ...]:
    """Versions, platform, processor, device, threads, numerics that are not the same."""
    return tuple(_was(*field) for field in _environments(before, after) if field[1] != field[2])


def version_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The packages of ``after`` that had another version before."""
    both = ((name, before.get(name), version) for name, version in after.items())
    return tuple(_was(*field) for field in both if field[1] != field[2])


def _was(name: str, old: Any, new: Any) -> str:
    return f"{name} was {'none' if old is None else old}, is {'none' if new is None else new}"


def arithmetic_changes(before: Record, after: Record) -> tuple[str, ...]:
    """Those of ``environment_changes`` that can change the last digits of a number.

    A record that is older than the naming of instructions may be of another processor.
    """
    changes = environment_changes(before, after)
    reaching = tuple(text for text in changes if not text.startswith("Python "))
    unknown = before.environment.get("instructions") is None
    return reaching or ((UNNAMED,) if unknown else ())


def device_type(record: Record) -> str | None:
    """The type of device (``cpu``, ``gpu``) that a run was trained on; None for other nodes."""
    return _device(record).get("platform")


def claim_changes(spec: Mapping[str, Any], earlier: Iterable[Record]) -> dict[str, list[str]]:
    """Claim -> what was changed since the ``earlier`` verdicts; empty where nothing was.

    ``spec`` holds the claims and gates as they are judged now.
    """
    found: dict[str, dict[str, None]] = {}
    for record in earlier:
        for changes in (noted_changes(record), rule_changes(record, spec)):
            for name, texts in changes.items():
                found.setdefault(name, {}).update(dict.fromkeys(texts))
    return {name: list(texts) for name, texts in found.items()}


def rule_changes(before: Record, now: Mapping[str, Any]) -> dict[str, list[str]]:
    """Claim -> what is not the same of all that decides it at the scale of ``before``."""
    scale = str(before.node.get("scale"))
    old, new = rules(before.spec, scale), rules(now, scale)
    both = {name: value_changes(old[name], new[name]) for name in old if name in new}
    gone = {name: ["removed"] for name in old if name not in new}
    added = {name: ["added"] for name in new if name not in old}
    return {name: texts for name, texts in (both | gone | added).items() if texts}


def noted_changes(record: Record) -> dict[str, tuple[str, ...]]:
    """What the record of a verdict notes; nothing where it is of another shape."""
    changes = record.execution.get(NOTED)
    pairs = changes.items() if isinstance(changes, dict) else ()
    return {str(name): tuple(map(str, texts)) for name, texts in pairs if isinstance(texts, list)}


def _environments(before: Record, after: Record) -> Iterator[tuple[str, Any, Any]]:
    """Name, and value on either side."""
    old, new = before.environment, after.environment
    for name in sorted({*old["versions"], *new["versions"]}):
        yield name, old["versions"].get(name), new["versions"].get(name)
    for field, name in (("python", "Python"), ("platform", "platform"), ("cpu", "processor")):
        yield name, old.get(field), new.get(field)
    if None not in (widest := (old.get("instructions"), new.get("instructions"))):
        yield "instructions", *widest
        yield "flags of XLA", chosen(old).get(XLA_FLAGS), chosen(new).get(XLA_FLAGS)
    yield "device type", device_type(before), device_type(after)
    if device_type(before) not in (None, "cpu"):
        yield "device", _device(before).get("kind"), _device(after).get("kind")
    yield "devices", before.execution.get("sharded_over", 1), after.execution.get("sharded_over", 1)
    yield "threads", before.execution.get("threads"), after.execution.get("threads")
    yield "numerics", *(record.spec.get("numerics", "exact") for record in (before, after))


def chosen(environment: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables that the user chose, as the record's ``environment`` has them."""
    variables = environment.get("variables")
    found = variables.get("chosen") if isinstance(variables, dict) else None
    return found if isinstance(found, dict) else {}


def _device(record: Record) -> dict[str, Any]:
    device = record.execution.get("device")
    return device if isinstance(device, dict) else {}


def _shortened(value: Any) -> str:
    """A value of a record; whatever it is, short."""
    return value[:_LONGEST] if isinstance(value, str) else _SHORTENED.repr(value)[:_LONGEST]
