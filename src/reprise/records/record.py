"""The record beside every output: who made what from what, shaped as an in-toto statement.

A record proves consistency (these bytes were made from that spec, code and those inputs), not
honesty. The sha256 in it decides whether a table was altered; short digests of the table's rows and
columns tell where. That of a row is 24 bits of a sha256: one changed row in 2**24 goes unnamed.
"""

import base64
import csv
import dataclasses
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reprise.graph.nodes import Node
from reprise.records.environment import commit, environment
from reprise.specs.errors import few
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


def record_at(statement: bytes, node: Node) -> dict[str, Any]:
    """``statement``, the record of the same node at another scale, as the record of ``node``.

    It says besides at which scale the node was made.
    """
    content: dict[str, Any] = json.loads(statement)
    before = content["predicate"]["node"]
    own = {"scale": node.scale, **node.about}
    content["predicate"]["node"] = {"made_at_scale": before["scale"], **before, **own}
    return content


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
        marks = {s["name"]: s["annotations"] for s in statement["subject"] if "annotations" in s}
        predicate = statement["predicate"]
        faults = list(_faults(outputs, predicate))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableRecord(f"{path}: not a record: {type(error).__name__}: {error}") from error
    if faults:
        raise UnreadableRecord(f"{path}: {faults[0]}")
    return Record(outputs=outputs, marks=marks, **{name: predicate[name] for name in _FIELDS})


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


LINE_ENDINGS = ": line endings changed"
_BYTES = 3
_NAMED = 3
"""Rows that are named before the rest is counted."""


def line_endings(file: Path, digest: str | None) -> str:
    """``LINE_ENDINGS`` where the text in ``file`` has the sha256 ``digest`` but for them."""
    if file.stat().st_size > LIMIT:
        return ""
    text = file.read_bytes().replace(b"\r\n", b"\n")
    return LINE_ENDINGS if hashlib.sha256(text).hexdigest() == digest else ""


def row_digests(data: bytes) -> dict[str, Any]:
    """Digests of a CSV of ours: ``rows`` in base64, 3 bytes each; ``columns`` as [name, digest]."""
    header, rows = cells_of(data)
    return {
        "rows": base64.b64encode(b"".join(map(_row_digest, rows))).decode(),
        "columns": [[name, _column_digest(rows, i)] for i, name in enumerate(header)],
    }


def altered_places(data: bytes, recorded: dict[str, Any]) -> tuple[str, ...]:
    """Where ``data`` differs from the CSV whose digests are ``recorded``; rows count from 1.

    ValueError, KeyError, TypeError: ``recorded`` are no digests of rows and columns.
    """
    packed = base64.b64decode(recorded["rows"], validate=True)
    before = [packed[i : i + _BYTES] for i in range(0, len(packed), _BYTES)]
    columns = {str(name): str(digest) for name, digest in recorded["columns"]}
    try:
        header, rows = cells_of(data)
    except (UnicodeDecodeError, csv.Error):
        return ("not a CSV any more",)
    if header != list(columns):
        if sorted(header) == sorted(columns):
            return ("column order changed",)
        gone = [f"column {name} is gone" for name in columns if name not in header]
        new = [f"column {name!r} is new" for name in header if name not in columns]
        return ("; ".join([*gone, *new]) or "columns repeated",)
    after = [_row_digest(row) for row in rows]
    places = list(_row_changes(before, after))
    if len(after) == len(before):
        changed = [n for i, n in enumerate(header) if _column_digest(rows, i) != columns[n]]
        places = [f"{place}, column {', '.join(changed)}" if changed else place for place in places]
    return tuple(few(places, _NAMED, "more places"))


def cells_of(data: bytes) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a CSV; raises UnicodeDecodeError, csv.Error."""
    lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
    return (lines[0], lines[1:]) if lines else ([], [])


def _row_digest(row: Sequence[str]) -> bytes:
    return hashlib.sha256("\x1f".join(row).encode()).digest()[:_BYTES]


def _column_digest(rows: Sequence[Sequence[str]], index: int) -> str:
    cells = (row[index] if index < len(row) else "\x00" for row in rows)
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:8]


def _row_changes(before: list[bytes], after: list[bytes]) -> Iterator[str]:
    """What became of the rows between those that are the same at the start and at the end."""
    shorter = min(len(before), len(after))
    start = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    same = (i for i in range(shorter - start) if before[-1 - i] != after[-1 - i])
    stop = next(same, shorter - start)
    old, new = before[start : len(before) - stop], after[start : len(after) - stop]
    if len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True), start + 1)
        yield from (f"row {row} altered" for row, (a, b) in pairs if a != b)
    elif not old:
        yield f"{_span(start, start + len(new))} inserted"
    elif not new:
        yield f"{_span(start, start + len(old))} deleted"
    else:
        yield f"{_span(start, start + len(old))} altered: {len(old)} rows became {len(new)}"


def _span(first: int, end: int) -> str:
    return f"row {first + 1}" if end - first == 1 else f"rows {first + 1} to {end}"
