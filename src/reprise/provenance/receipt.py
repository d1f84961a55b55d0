"""A receipt: what an audit found, as an in-toto statement, signed or not.

An unsigned receipt is a note to oneself. A signed one (DSSE envelope, ed25519) tells everybody who
has the public key who found it.
"""

import json
import platform
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from reprise.graph.nodes import KINDS
from reprise.provenance.audit import Audit
from reprise.records.environment import commit, versions
from reprise.records.record import STATEMENT
from reprise.records.tree import LIMIT
from reprise.specs.errors import ConfigError

PREDICATE = "urn:reprise:receipt:v1"
PAYLOAD = "application/vnd.in-toto+json"
SCHEMA = 1

Signature = Literal["unsigned", "not checked", "valid", "wrong"]


class BadReceipt(Exception):
    """A file is no receipt of this version."""


@dataclass(frozen=True)
class Receipt:
    """A receipt that was read."""

    statement: dict[str, Any]
    signature: Signature
    key_ids: tuple[str, ...] = ()

    @property
    def predicate(self) -> dict[str, Any]:
        """What the audit found."""
        return dict(self.statement["predicate"])

    @property
    def tree(self) -> tuple[str, str]:
        """Name and digest of the tree."""
        subject = self.statement["subject"][0]
        return str(subject["name"]), str(subject["digest"]["sha256"])


def statement(audit: Audit, root: Path, now: datetime, deep: bool) -> dict[str, Any]:
    """The receipt of ``audit``, made from the project at ``root``; it names no machine."""
    packages = {name: version for kind in KINDS for name, version in versions(kind).items()}
    return {
        "_type": STATEMENT,
        "subject": [{"name": tree_name(audit, root), "digest": {"sha256": audit.digest}}],
        "predicateType": PREDICATE,
        "predicate": {
            "schema": SCHEMA,
            "verdict": audit.verdict,
            "exit_code": audit.exit_code,
            "scale": audit.scale,
            "papers": list(audit.papers),
            "deep": deep,
            "counts": dict(sorted(audit.counts.items())),
            "withheld": {name: list(paths) for name, paths in audit.withheld.items()},
            "faults": {
                name: {"state": state.name, "reasons": list(state.reasons)}
                for name, state in audit.faults.items()
            },
            "unclaimed": list(audit.unclaimed),
            "notes": audit.notes,
            "time": now.isoformat(timespec="seconds"),
            "commit": commit(root),
            "versions": {
                "reprise": metadata.version("reprise"),
                "python": platform.python_version(),
                **dict(sorted(packages.items())),
            },
        },
    }


def tree_name(audit: Audit, root: Path) -> str:
    """The tree's folder from the project's root; its last part alone where it lies elsewhere."""
    folder = audit.tree.folder.resolve()
    place = root.resolve()
    return folder.relative_to(place).as_posix() if folder.is_relative_to(place) else folder.name


def signed(statement: dict[str, Any], key: Any) -> dict[str, Any]:
    """``statement`` in a DSSE envelope, signed with a key of ``private_key``."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner

    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    envelope = Envelope(payload, PAYLOAD, {})
    envelope.sign(CryptoSigner(key))
    return envelope.to_dict()


def private_key(path: Path) -> Any:
    """The ed25519 key in a PEM file; raises ConfigError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_read(path), None)
    except TypeError:
        raise ConfigError(f"{path}: the key is encrypted; give one without a passphrase") from None
    except ValueError:
        raise ConfigError(f"{path}: not a private key in PEM form") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path}: not an ed25519 key (openssl genpkey -algorithm ed25519)")
    return key


def public_key(path: Path) -> Any:
    """The ed25519 public key in a PEM file; raises ConfigError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except ValueError:
        raise ConfigError(f"{path}: not a public key in PEM form") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{path}: not an ed25519 key (openssl pkey -pubout)")
    return key


def read_receipt(path: Path, key: Any = None) -> Receipt:
    """The receipt in ``path``, its signature checked where there is one and ``key`` is given.

    Raises:
        BadReceipt: it is no receipt of this version.
        OSError: it cannot be read.
    """
    try:
        if path.stat().st_size > LIMIT:
            raise BadReceipt(f"{path}: larger than {LIMIT >> 20} MB, not read")
        content = json.loads(path.read_bytes())
        receipt = _opened(content, key) if "payload" in content else Receipt(content, "unsigned")
        said = receipt.statement
        if (said["_type"], said["predicateType"]) != (STATEMENT, PREDICATE):
            raise BadReceipt(f"{path}: not a receipt of this version")
        _ = receipt.tree, receipt.predicate["verdict"], receipt.predicate["counts"].items()
        _ = [fault["reasons"] for fault in receipt.predicate["faults"].values()]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise BadReceipt(f"{path}: not a receipt: {type(error).__name__}: {error}") from error
    return receipt


def _opened(content: dict[str, Any], key: Any) -> Receipt:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import FormatError, VerificationError
    from securesystemslib.signer import SSlibKey

    try:
        envelope = Envelope.from_dict(content)
    except FormatError as error:
        raise ValueError(str(error)) from error
    if envelope.payload_type != PAYLOAD:
        raise ValueError(f"payload of type {envelope.payload_type!r}")
    said, names = json.loads(envelope.payload), tuple(envelope.signatures)
    if key is None:
        return Receipt(said, "not checked" if names else "unsigned", names)
    try:
        envelope.verify([SSlibKey.from_crypto(key)], threshold=1)
    except VerificationError:
        return Receipt(said, "wrong" if names else "unsigned", names)
    return Receipt(said, "valid", names)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
