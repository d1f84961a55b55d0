"""Receipts: what they say, and that a signature is worth something."""

import base64
import hashlib
import json
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from small_world import World

from reprise.provenance.audit import audit
from reprise.provenance.receipt import (
    PAYLOAD,
    PREDICATE,
    BadReceipt,
    private_key,
    public_key,
    read_receipt,
    signed,
    statement,
)
from reprise.records.record import STATEMENT
from reprise.records.tree import Tree, lock_text
from reprise.specs.errors import ConfigError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def said(world: World) -> dict[str, Any]:
    world.output("table").write_text("other")
    return statement(audit(world.graph, Tree.own(world.root, "cpu")), world.root, NOW, False)


def pem(key: Any, secret: KeySerializationEncryption | None = None) -> bytes:
    form = PrivateFormat.PKCS8
    return bytes(key.private_bytes(Encoding.PEM, form, secret or NoEncryption()))


def public_pem(key: Any) -> bytes:
    form = PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_key().public_bytes(Encoding.PEM, form))


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """Private and public PEM file."""
    key = Ed25519PrivateKey.generate()
    paths = tmp_path / "key.pem", tmp_path / "pub.pem"
    paths[0].write_bytes(pem(key))
    paths[1].write_bytes(public_pem(key))
    return paths


def saved(folder: Path, content: Any) -> Path:
    path = folder / "receipt.json"
    path.write_text(json.dumps(content))
    return path


def test_is_an_in_toto_statement_about_the_tree(said: dict[str, Any], world: World) -> None:
    assert (said["_type"], said["predicateType"]) == (STATEMENT, PREDICATE)
    (subject,) = said["subject"]
    assert subject["name"] == "results/cpu"
    own = world.root / "results" / "cpu"
    assert subject["digest"]["sha256"] == hashlib.sha256(lock_text(own).encode()).hexdigest()


def test_says_what_was_found(said: dict[str, Any]) -> None:
    found = said["predicate"]
    assert (found["schema"], found["verdict"], found["exit_code"]) == (1, "not to be trusted", 4)
    assert found["counts"] == {"current": 3, "tampered": 1}
    assert list(found["faults"]) == ["demo/table/summary"]
    assert "differs from its record" in found["faults"]["demo/table/summary"]["reasons"][0]
    assert (found["scale"], found["time"]) == ("cpu", "2026-01-02T03:04:05+00:00")
    assert {"reprise", "python", "numpy", "jax"} <= set(found["versions"])
    assert found["commit"] == {"sha": None, "dirty": None}


def test_names_no_machine_and_no_place(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:

    place = tmp_path_factory.mktemp("far") / "copy"
    shutil.copytree(world.root / "results" / "cpu", place)
    (place / "demo/tables/summary.record.json").write_text("damaged")
    (place / "demo/figures/F1.record.json").unlink()
    text = json.dumps(statement(audit(world.graph, Tree(place)), world.root, NOW, False))
    assert '"name": "copy"' in text and "unverifiable" in text
    assert str(place.parent) not in text and str(world.root) not in text
    assert platform.node() not in text


def test_unsigned_and_signed_are_read(
    said: dict[str, Any], keys: tuple[Path, Path], tmp_path: Path
) -> None:
    plain = read_receipt(saved(tmp_path, said), public_key(keys[1]))
    assert (plain.signature, plain.statement) == ("unsigned", said)
    path = saved(tmp_path, signed(said, private_key(keys[0])))
    found = read_receipt(path, public_key(keys[1]))
    assert (found.signature, found.statement) == ("valid", said)
    assert len(found.key_ids) == 1
    assert read_receipt(path).signature == "not checked"


def test_another_key_did_not_sign_it(
    said: dict[str, Any], keys: tuple[Path, Path], tmp_path: Path
) -> None:
    path = saved(tmp_path, signed(said, private_key(keys[0])))
    other = Ed25519PrivateKey.generate().public_key()
    assert read_receipt(path, other).signature == "wrong"


def forge_payload(envelope: dict[str, Any]) -> None:
    said = json.loads(base64.b64decode(envelope["payload"]))
    said["predicate"]["exit_code"] = 0
    envelope["payload"] = base64.b64encode(json.dumps(said).encode()).decode()


def forge_signature(envelope: dict[str, Any]) -> None:
    data = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
    data[0] ^= 1
    envelope["signatures"][0]["sig"] = base64.b64encode(data).decode()


def take_over(envelope: dict[str, Any]) -> None:
    """The name of the expected key over the signature of another."""
    other = signed({"x": 1}, Ed25519PrivateKey.generate())
    envelope["signatures"][0]["sig"] = other["signatures"][0]["sig"]


@pytest.mark.parametrize("forge", [forge_payload, forge_signature, take_over])
def test_what_was_altered_since_is_seen(
    said: dict[str, Any], keys: tuple[Path, Path], tmp_path: Path, forge: Any
) -> None:
    envelope = signed(said, private_key(keys[0]))
    forge(envelope)
    assert read_receipt(saved(tmp_path, envelope), public_key(keys[1])).signature == "wrong"


def test_a_signature_that_was_taken_off_is_none(
    said: dict[str, Any], keys: tuple[Path, Path], tmp_path: Path
) -> None:
    envelope = {**signed(said, private_key(keys[0])), "signatures": []}
    assert read_receipt(saved(tmp_path, envelope), public_key(keys[1])).signature == "unsigned"


BAD: list[Any] = [
    5, "x", [], {}, None, {"payload": 5}, {"payload": "%%"},
    {"payload": "e30=", "payloadType": "x", "signatures": []},
    {"payload": "e30=", "payloadType": PAYLOAD, "signatures": []},
    {"payload": "e30=", "payloadType": PAYLOAD, "signatures": 5},
    {"payload": "e30=", "payloadType": PAYLOAD, "signatures": [{"keyid": 1, "sig": "e30="}]},
    {"_type": STATEMENT, "predicateType": "other", "subject": [], "predicate": {}},
    {"_type": STATEMENT, "predicateType": PREDICATE, "subject": [], "predicate": {}},
]  # fmt: skip


@pytest.mark.parametrize("content", BAD)
def test_what_is_no_receipt_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(BadReceipt):
        read_receipt(saved(tmp_path, content))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(text)
    with pytest.raises(BadReceipt):
        read_receipt(path)


def test_keys_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    key = generate_private_key(SECP256R1())
    path.write_bytes(pem(key))
    with pytest.raises(ConfigError, match="not an ed25519 key"):
        private_key(path)
    path.write_bytes(public_pem(key))
    with pytest.raises(ConfigError, match="not an ed25519 key"):
        public_key(path)
    path.write_bytes(pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret")))
    with pytest.raises(ConfigError, match="is encrypted"):
        private_key(path)
    path.write_bytes(b"-----BEGIN NOTHING-----")
    for read in (private_key, public_key):
        with pytest.raises(ConfigError, match="PEM"):
            read(path)
        with pytest.raises(ConfigError, match="No such file"):
            read(tmp_path / "absent.pem")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_commands_of_the_documentation_make_keys(said: dict[str, Any], tmp_path: Path) -> None:
    key, public = tmp_path / "key.pem", tmp_path / "pub.pem"
    for arguments in (
        ["genpkey", "-algorithm", "ed25519", "-out", str(key)],
        ["pkey", "-in", str(key), "-pubout", "-out", str(public)],
    ):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
    path = saved(tmp_path, signed(said, private_key(key)))
    assert read_receipt(path, public_key(public)).signature == "valid"
