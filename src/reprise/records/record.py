"""The record beside every output: who made what from what, shaped as an in-toto statement.

A record proves consistency (these bytes were made from that spec, code and those inputs), not
honesty.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reprise.graph.nodes import Node
from reprise.records.environment import commit, environment
from reprise.records.row_digests import row_digests
from reprise.storage.atomic import sha256, write_json

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:reprise:record:v1"
LIMIT = 64 * 2**20
"""Bytes of a record, or a lock, beyond which it is refused unread."""


class UnreadableRecord(Exception):
    """A record is not JSON of the expected shape."""


@dataclass(frozen=True)
class Record:
    """What a record file says."""

    fingerprint: str
    outputs: dict[str, str]
    """File name (beside the record) -> sha256."""
    marks: dict[str, dict[str, Any]]
    """Name of a CSV among the outputs -> marks of its rows and columns."""
    inputs: dict[str, dict[str, Any]]
    """Node id -> its fingerprint and the sha256 of its outputs when it was read."""
    spec: dict[str, Any]
    code: dict[str, str]
    files: dict[str, str]
    environment: dict[str, Any]
    execution: dict[str, Any]
    node: dict[str, Any]
    commit: dict[str, Any]


_FIELDS = [
    field.name for field in dataclasses.fields(Record) if field.name not in ("outputs", "marks")
]


def write_record(
    root: Path,
    node: Node,
    inputs: dict[str, dict[str, Any]],
    execution: dict[str, Any],
    place: Path | None = None,
    spent: Callable[[], dict[str, Any]] = dict,
) -> None:
    """Write the record of ``node``, whose outputs are on disk; the last step of making it.

    ``root`` is the checkout; ``place`` is where ``results/`` lies, if not there. ``spent`` is asked
    last, and joins ``execution``.
    """
    place = place or root
    subject = [_subject(place / path) for path in node.outputs]
    identity = {"id": node.id, "kind": node.kind, "paper": node.paper, "name": node.name}
    predicate = {
        "node": {**identity, "scale": node.scale, "seeds": list(node.seeds), **node.about},
        "fingerprint": node.fingerprint,
        "spec": node.spec,
        "code": node.code,
        "inputs": inputs,
        "files": node.files,
        "environment": environment(root, node.kind),
        "commit": commit(root),
        "execution": {**execution, **spent()},
    }
    kinds = {"_type": STATEMENT, "predicateType": PREDICATE}
    write_json(place / node.record, {**kinds, "subject": subject, "predicate": predicate})


def _subject(path: Path) -> dict[str, Any]:
    described = {"name": path.name, "digest": {"sha256": sha256(path)}}
    if path.suffix == ".csv":
        return {**described, "annotations": row_digests(path.read_bytes())}
    return described


def read_record(path: Path) -> Record:
    """The record in ``path``; FileNotFoundError, UnreadableRecord: it is none of this version."""
    try:
        statement = json.loads(_text(path))
        if statement["_type"] != STATEMENT or statement["predicateType"] != PREDICATE:
            raise UnreadableRecord(f"{path}: not a record of this version")
        outputs = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
        noted = {s["name"]: s["annotations"] for s in statement["subject"] if "annotations" in s}
        predicate = statement["predicate"]
        faults = list(_faults(outputs, predicate))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableRecord(f"{path}: not a record: {type(error).__name__}: {error}") from error
    if faults:
        raise UnreadableRecord(f"{path}: {faults[0]}")
    return Record(outputs=outputs, marks=noted, **{name: predicate[name] for name in _FIELDS})


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise UnreadableRecord(f"{path}: not a file")
    if path.stat().st_size > LIMIT:
        raise UnreadableRecord(f"{path}: larger than {LIMIT >> 20} MB, not read")
    return path.read_text(encoding="utf-8")


def _faults(outputs: Any, predicate: Any) -> Iterator[str]:
    outside = [name for name in outputs if "/" in name or name in ("", ".", "..")]
    yield from (f"names a file outside its folder: {name!r}" for name in outside)
    for name in _FIELDS:
        if not isinstance(predicate[name], str if name == "fingerprint" else dict):
            yield f"{name} is a {type(predicate[name]).__name__}"
    for name, digest in (*outputs.items(), *predicate["code"].items()):
        if not isinstance(digest, str):
            yield f"the digest of {name} is a {type(digest).__name__}"
    for name, seen in predicate["inputs"].items():
        if not isinstance(seen["outputs"], dict):
            yield f"input {name} has no outputs"
    if not isinstance(predicate["environment"]["versions"], dict):
        yield "environment has no versions"
    for name in ("wall_s", "peak_memory_bytes"):
        if not isinstance(predicate["execution"][name], int | float):
            yield f"execution has no {name}"
