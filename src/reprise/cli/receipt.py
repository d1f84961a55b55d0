"""``reprise receipt FILE``: what a receipt says, and whether its signature is that of a key."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.audit.receipt import PREDICATE, check_signature
from reprise.cli.output import dumped, show_line
from reprise.records.state import TAMPERED
from reprise.records.tree import LIMIT
from reprise.specs.errors import ConfigError, suggest

SCHEMA = 1
_ALARM = "bold red"
_SAYS = {
    "unsigned": "unsigned",
    "not checked": "signed, not checked (give the public key with --key)",
    "valid": "signed by this key",
    "wrong": "NOT signed by this key, or altered since",
}


def show_receipt(file: Path, key: Path | None, as_json: bool, console: Console) -> int:
    """Print the receipt; 4 if it is unreadable, or ``key`` is given and did not sign it, else 0.

    Raises:
        ConfigError: there is no such file, ``key`` is no public key, or OpenSSH is missing.
    """
    if not file.is_file():
        near = suggest(file.name, [path.name for path in file.parent.glob("*.json")])
        raise ConfigError(f"{file}: no such file{near}")
    try:
        if file.stat().st_size > LIMIT:
            raise ValueError(f"larger than {LIMIT >> 20} MB")
        statement = json.loads(file.read_bytes())
        lines = list(_lines(statement))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        show_line(f"{file}: not a receipt: {type(error).__name__}: {error}", console, _ALARM)
        return TAMPERED
    signature = check_signature(file, key)
    code = TAMPERED if key and signature != "valid" else 0
    if as_json:
        content = {"signature": signature, "statement": statement}
        print(dumped({"schema": SCHEMA, "exit_code": code, **content}))
        return code
    for line in lines:
        show_line(line, console)
    show_line(f"{'signature':12} {_SAYS[signature]}", console, _ALARM if code else "")
    return code


def _lines(statement: Any) -> Iterator[str]:
    """What a receipt says; raises whatever another kind of JSON leads to."""
    if statement["predicateType"] != PREDICATE:
        raise ValueError(f"of type {statement['predicateType']!r}")
    (tree,), found = statement["subject"], statement["predicate"]
    counts = ", ".join(f"{count} {state}" for state, count in found["counts"].items())
    yield f"{'verdict':12} {found['verdict']} (exit code {found['exit_code']})"
    yield f"{'tree':12} {tree['name']}, scale {found['scale']}, sha256 {tree['digest']['sha256']}"
    yield f"{'nodes':12} {counts}"
    yield f"{'verified':12} {found['time']}, commit {found['commit']['sha']}"
    for node, fault in found["faults"].items():
        yield f"{fault['state']:12} {node}  {'; '.join(fault['reasons'])}"
