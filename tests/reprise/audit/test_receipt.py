"""Receipts: what they say, and that a signature of OpenSSH is worth something."""

import hashlib
import json
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_world import World

from reprise.audit.receipt import PREDICATE, check_signature, sign, signature_file, statement
from reprise.audit.verify import audit
from reprise.records.record import STATEMENT
from reprise.records.tree import Tree, lock_text
from reprise.specs.errors import ConfigError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def said(world: World) -> dict[str, Any]:
    world.output("table").write_text("other")
    return statement(audit(world.graph, Tree.own(world.root, "cpu")), world.root, NOW, False)


def pair(folder: Path, name: str = "key") -> Path:
    """A private key; the public one lies beside it."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen (package openssh-client)")
    key = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "somebody", "-f", str(key)]
    subprocess.run(command, check=True)
    return key


def public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return pair(tmp_path)


@pytest.fixture
def receipt(tmp_path: Path, key: Path) -> Path:
    """A signed file."""
    path = tmp_path / "receipt.json"
    path.write_bytes(b'{"exit_code": 4}\n')
    signature_file(path).write_bytes(sign(path.read_bytes(), key))
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


def test_a_signature_is_checked(receipt: Path, key: Path) -> None:
    assert check_signature(receipt, public(key)) == "valid"
    assert check_signature(receipt, None) == "not checked"
    signature_file(receipt).unlink()
    assert check_signature(receipt, public(key)) == check_signature(receipt, None) == "unsigned"


@pytest.mark.faults
def test_an_altered_receipt_is_not_what_was_signed(receipt: Path, key: Path) -> None:
    receipt.write_bytes(receipt.read_bytes().replace(b"4", b"0"))
    assert check_signature(receipt, public(key)) == "wrong"


def test_another_key_did_not_sign_it(receipt: Path, tmp_path: Path) -> None:
    assert check_signature(receipt, public(pair(tmp_path, "other"))) == "wrong"


def test_a_signature_made_for_something_else_does_not_count(receipt: Path, key: Path) -> None:
    command = ["ssh-keygen", "-Y", "sign", "-q", "-n", "file", "-f", str(key)]
    done = subprocess.run(command, input=receipt.read_bytes(), capture_output=True, check=True)
    signature_file(receipt).write_bytes(done.stdout)
    assert check_signature(receipt, public(key)) == "wrong"


@pytest.mark.parametrize("content", [b"", b"-----BEGIN SSH SIGNATURE-----", b"\xff\x00"])
def test_what_is_no_signature_is_wrong(receipt: Path, key: Path, content: bytes) -> None:
    signature_file(receipt).write_bytes(content)
    assert check_signature(receipt, public(key)) == "wrong"


@pytest.mark.parametrize("content", [None, b"", b"no key", b"\xff\x00"])
def test_what_is_no_key_is_wrong_use(receipt: Path, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.pub"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="not a public key"):
        check_signature(receipt, path)
    with pytest.raises(ConfigError, match="cannot sign"):
        sign(b"x", path)


def test_without_openssh_one_sentence_says_what_is_missing(
    receipt: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match=r"need ssh-keygen.*not installed"):
        sign(b"x", key)
    with pytest.raises(ConfigError, match=r"need ssh-keygen.*not installed"):
        check_signature(receipt, public(key))
    assert check_signature(receipt, None) == "not checked"
