"""Criteria of claims that were changed after results had been judged by them.

The record of every verdict holds the claims as they were judged. When claims are judged again, what
is not as in an earlier record is noted in the new one, and carried on from record to record.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from reprise.records.changes import value_changes
from reprise.records.record import Record

NOTED = "claims_changed"
"""Field of ``execution``: claim -> what was changed, in words."""

_DECISIVE = ("criterion", "partly", "gate", "scales")
"""Fields of a claim that decide its verdict."""


def claim_changes(spec: Mapping[str, Any], earlier: Iterable[Record]) -> dict[str, list[str]]:
    """Claim -> what was changed since the ``earlier`` verdicts; empty where nothing was.

    ``spec`` holds the claims and gates as they are judged now.
    """
    found: dict[str, dict[str, None]] = {}
    now = _criteria(spec)
    for record in earlier:
        for name, noted in noted_changes(record).items():
            found.setdefault(name, {}).update(dict.fromkeys(noted))
        before = _criteria(record.spec)
        for name in dict.fromkeys([*before, *now]):
            fresh = _difference(before.get(name), now.get(name))
            found.setdefault(name, {}).update(dict.fromkeys(fresh))
    return {name: list(texts) for name, texts in found.items() if texts}


def noted_changes(record: Record) -> dict[str, tuple[str, ...]]:
    """What the record of a verdict notes; nothing where it is of another shape."""
    noted = record.execution.get(NOTED)
    pairs = noted.items() if isinstance(noted, dict) else ()
    return {str(name): tuple(map(str, texts)) for name, texts in pairs if isinstance(texts, list)}


def _criteria(spec: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What decides each claim, its gate's criterion included."""
    gates = spec.get("gates", {})
    criteria = {}
    for name, claim in spec.get("claims", {}).items():
        own = {field: claim[field] for field in _DECISIVE if field in claim}
        if "gate" in own:
            own["gate"] = {own["gate"]: gates.get(own["gate"], {}).get("criterion")}
        criteria[name] = own
    return criteria


def _difference(before: dict[str, Any] | None, now: dict[str, Any] | None) -> list[str]:
    if before is None:
        return ["added"]
    if now is None:
        return ["removed"]
    return value_changes(_plain(before), _plain(now))


def _plain(value: Any) -> Any:
    """``value`` as a record holds it: tuples are lists."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
