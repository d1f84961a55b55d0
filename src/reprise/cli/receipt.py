"""``reprise receipt FILE``: what a receipt says, and whether its signature is that of a key."""

from pathlib import Path

from rich.console import Console

from reprise.cli.output import dumped, show_line
from reprise.provenance.receipt import BadReceipt, Receipt, public_key, read_receipt
from reprise.provenance.state import TAMPERED
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
        ConfigError: there is no such file, or ``key`` is no ed25519 public key.
    """
    public = public_key(key) if key else None
    try:
        receipt = read_receipt(file, public)
    except BadReceipt as error:
        show_line(str(error), console, _ALARM)
        return TAMPERED
    except OSError as error:
        near = suggest(file.name, [p.name for p in file.parent.glob("*.json")])
        raise ConfigError(f"{file}: {error.strerror}{near}") from None
    code = TAMPERED if key and receipt.signature != "valid" else 0
    if as_json:
        said = {"signature": receipt.signature, "statement": receipt.statement}
        print(dumped({"schema": SCHEMA, "exit_code": code, **said}))
    else:
        _show(receipt, code, console)
    return code


def _show(receipt: Receipt, code: int, console: Console) -> None:
    said, (name, digest) = receipt.predicate, receipt.tree
    counts = ", ".join(f"{count} {state}" for state, count in said["counts"].items())
    signers = "".join(f", key {key_id[:12]}" for key_id in receipt.key_ids)
    for label, value in {
        "verdict": f"{said['verdict']} (exit code {said.get('exit_code')})",
        "tree": f"{name}, scale {said.get('scale')}",
        "sha256": digest,
        "nodes": counts,
        "time": said.get("time"),
        "commit": said.get("commit"),
        "signature": f"{_SAYS[receipt.signature]}{signers}",
    }.items():
        style = _ALARM if label == "signature" and code else ""
        show_line(f"{label:12} {value}", console, style)
    for node, fault in said["faults"].items():
        reasons = "; ".join(map(str, fault["reasons"]))
        show_line(f"{fault.get('state')!s:12} {node}  {reasons}", console)
