"""A receipt: what a verification found, as an in-toto statement that OpenSSH can sign.

Unsigned it is a note to oneself. Signed it tells everybody who has the public key who found it.
"""

import platform
import shutil
import subprocess
import tempfile
from dataclasses import asdict
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from reprise.audit.verify import Audit
from reprise.graph.nodes import KINDS
from reprise.records.environment import commit, versions
from reprise.records.record import STATEMENT
from reprise.specs.errors import ConfigError

PREDICATE = "urn:reprise:receipt:v1"
NAMESPACE = "reprise-receipt"
"""What a signature is for: OpenSSH accepts none that the same key made for something else."""

Signature = Literal["unsigned", "not checked", "valid", "wrong"]


def statement(audit: Audit, root: Path, now: datetime, deep: bool) -> dict[str, Any]:
    """The receipt of ``audit``, made from the project at ``root``; it names no machine."""
    packages = {name: version for kind in KINDS for name, version in versions(kind).items()}
    packages |= {"reprise": metadata.version("reprise"), "python": platform.python_version()}
    faults = {
        name: {"state": state.name, "reasons": list(state.reasons)}
        for name, state in audit.faults.items()
    }
    about = {"deep": deep, "time": now.isoformat(timespec="seconds"), "commit": commit(root)}
    return {
        "_type": STATEMENT,
        "subject": [{"name": audit.name(root), "digest": {"sha256": audit.digest}}],
        "predicateType": PREDICATE,
        "predicate": {**summary(audit), **about, "faults": faults, "versions": packages},
    }


def summary(audit: Audit) -> dict[str, Any]:
    """What ``audit`` found, but for the nodes one by one."""
    return {
        "schema": 1,
        "verdict": audit.verdict,
        "exit_code": audit.exit_code,
        "scale": audit.scale,
        "papers": list(audit.papers),
        "counts": dict(sorted(audit.counts.items())),
        "release": asdict(audit.release) if audit.release else None,
        "again": audit.again,
        "withheld": audit.withheld,
        "unclaimed": audit.unclaimed,
        "notes": audit.notes,
        "changed_rules": dict(audit.changed_rules),
    }


def signature_file(receipt: Path) -> Path:
    """Where the signature of ``receipt`` lies: beside it."""
    return receipt.with_name(f"{receipt.name}.sig")


def ssh_keygen(*arguments: str, data: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """OpenSSH's tool for signatures, with ``data`` as its input; ConfigError if it is missing."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ConfigError("signatures need ssh-keygen, a part of OpenSSH, which is not installed")
    return subprocess.run([program, *arguments], input=data, capture_output=True)


def sign(data: bytes, key: Path) -> bytes:
    """OpenSSH's signature of ``data`` with the private ``key``; raises ConfigError."""
    done = ssh_keygen("-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(key), data=data)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()
        raise ConfigError(f"{key} cannot sign: {why}")
    return done.stdout


def check_signature(receipt: Path, key: Path | None) -> Signature:
    """Whether the holder of the public ``key`` signed ``receipt`` as it is.

    Raises:
        ConfigError: ``key`` is no public key, or OpenSSH is missing.
    """
    if key and (not key.is_file() or ssh_keygen("-l", "-f", str(key)).returncode):
        raise ConfigError(f"{key}: not a public key of OpenSSH (make one with ssh-keygen)")
    signature = signature_file(receipt)
    if not signature.is_file():
        return "unsigned"
    if not key:
        return "not checked"
    with tempfile.NamedTemporaryFile() as signers:
        signers.write(b"holder " + key.read_bytes())
        signers.flush()
        who = ("-f", signers.name, "-I", "holder", "-n", NAMESPACE, "-s", str(signature))
        done = ssh_keygen("-Y", "verify", *who, data=receipt.read_bytes())
    return "wrong" if done.returncode else "valid"
