"""Short digests of a CSV's rows and columns: in its record, they tell where a table was altered.

The record's sha256 decides whether a table was altered; these digests only say where. That of a row
is 24 bits of a sha256, so one changed row in 2**24 goes unnamed.
"""

import base64
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from typing import Any

from reprise.specs.errors import few

_BYTES = 3
_NAMED = 3
"""Rows that are named before the rest is counted."""


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
    if b"\r" in data:
        return ("line endings changed",)
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
