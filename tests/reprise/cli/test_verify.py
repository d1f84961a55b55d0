"""``reprise verify`` on small trees: exit codes, words, receipts."""

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from small_world import World, small_graph

from reprise.audit import verify as trees
from reprise.audit.verify import audit
from reprise.cli import verify as subject
from reprise.cli.verify import NAMESPACE, PREDICATE, Options, sign, statement, verify
from reprise.project import Project
from reprise.records.record import STATEMENT
from reprise.records.tree import LOCK, RELEASE, Release, Tree, lock_text, write_release
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config

Verify = Callable[..., int]


@pytest.fixture
def check(world: World, console: Console, monkeypatch: pytest.MonkeyPatch) -> Verify:
    """``verify`` in the small world, whose graph is the same at any scale."""
    monkeypatch.setattr(trees, "load_config", lambda path, chosen={}: Config(**chosen))
    monkeypatch.setattr(trees, "build", lambda config: world.graph)

    def checked(folder: Path | None = None, **options: Any) -> int:
        return verify(Project(world.root), folder, Options(**options), console)

    return checked


def shown(console: Any) -> str:
    return str(console.file.getvalue())


def receipts(world: World) -> list[Path]:
    return sorted((world.root / ".reprise" / "receipts").glob("*.json"))


@pytest.fixture
def copy(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as it came from another machine."""
    folder = tmp_path_factory.mktemp("elsewhere") / "tree"
    shutil.copytree(world.root / "results" / "cpu", folder)
    return folder


def test_the_own_tree_is_the_default(check: Verify, world: World, console: Any) -> None:
    assert check() == 0
    assert "results/cpu, scale cpu" in shown(console)
    assert "verified, in" in shown(console)
    (receipt,) = receipts(world)
    said = json.loads(receipt.read_text())
    assert said["predicate"]["verdict"] == "verified"
    time, _, digest = receipt.stem.partition("-")
    assert len(time) == len("20260102T030405Z")
    assert said["subject"][0]["digest"]["sha256"].startswith(digest)


def test_a_tampered_table_is_named_with_its_place(
    check: Verify, world: World, console: Any
) -> None:
    path = world.output("table")
    path.write_bytes(path.read_bytes().replace(b"0.25", b"0.26"))
    assert check() == 4
    assert "summary.csv differs from its record: row 1 altered, column value" in shown(console)


def test_every_reason_is_shown(check: Verify, world: World, console: Any) -> None:
    for kind in ("run", "table", "figure"):
        for path in world.node(kind).outputs:
            (world.root / path).unlink()
    shutil.rmtree(world.record("run").parent.parent.parent / "alone")
    assert check() == 3
    for name in ("params.safetensors", "metrics.csv", "summary.csv", "F1.svg"):
        assert f"{name} is missing" in shown(console)
    assert "demo/run/alone/00  never made" in shown(console)


def test_a_foreign_tree_tells_its_scale(check: Verify, copy: Path, console: Any) -> None:
    assert check(copy) == 0
    assert "tree, scale cpu" in shown(console)
    assert check(copy, scale="cpu") == 0
    with pytest.raises(ConfigError, match="is of scale cpu"):
        check(copy, scale="gpu")


def test_no_such_tree_is_told_with_the_nearest(check: Verify, copy: Path) -> None:
    with pytest.raises(ConfigError, match=r"tre is no folder.*did you mean.*/tree'"):
        check(copy.with_name("tre"))
    (copy.parent / "empty").mkdir()
    with pytest.raises(ConfigError, match="no records"):
        check(copy.parent / "empty")


def test_records_of_two_scales_are_no_tree(check: Verify, copy: Path) -> None:
    path = copy / "demo/tables/summary.record.json"
    path.write_text(path.read_text().replace('"scale": "cpu"', '"scale": "gpu"'))
    with pytest.raises(ConfigError, match=r"several scales: cpu .*gpu \(demo/table/summary\)"):
        check(copy)


def test_unreadable_records_say_no_scale(check: Verify, copy: Path) -> None:
    for path in copy.rglob("*record.json"):
        path.write_text("[" * 10_000)
    with pytest.raises(ConfigError, match="give --scale"):
        check(copy)
    assert check(copy, scale="cpu") == 4


def test_a_hostile_tree_moves_no_cursor(check: Verify, copy: Path, console: Any) -> None:
    (copy / "x\x1b[2Jy\udcff[bold]").write_text("")
    path = copy / "demo/tables/summary.record.json"
    said = json.loads(path.read_text())
    said["predicate"].update(fingerprint="0", spec={"entry": "\x1b]0;title\x07\ud800[red]"})
    path.write_text(json.dumps(said))
    assert check(copy) == 3
    text = shown(console)
    assert "\x1b" not in text and "\x07" not in text
    assert "entry: \\x1b]0;title\\x07\\ud800[red] -> " in text
    assert "x\\x1b[2Jy\\udcff[bold]" in text
    text.encode()


def test_a_hostile_lock_is_answered(check: Verify, copy: Path, console: Any) -> None:
    (copy / LOCK).write_text(f"{'0' * 64}  ../../x\n")
    assert check(copy) == 4
    assert "'../../x' is outside the tree" in shown(console)


def test_withheld_and_unclaimed_are_told(check: Verify, copy: Path, console: Any) -> None:
    for path in copy.glob("demo/runs/*/*/*.*"):
        if path.name != "record.json":
            path.unlink()
    (copy / LOCK).write_text(lock_text(copy))
    for number in range(12):
        (copy / f"{number:02d}.txt").write_text("")
    assert check(copy) == 0
    text = shown(console)
    assert "3 checkpoints are not shipped, so training itself is not checked" in text
    assert "unclaimed    00.txt" in text and "and 2 more files" in text
    assert "2 nodes: made before checkpoints were noted" in text


def test_json_has_a_schema_and_everything(
    check: Verify, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.output("table").write_text("other")
    assert check(json=True) == 4
    said = json.loads(capsys.readouterr().out)
    assert (said["schema"], said["exit_code"], said["scale"]) == (1, 4, "cpu")
    assert said["nodes"]["demo/table/summary"]["state"] == "tampered"
    assert set(said["nodes"]) == set(world.graph.nodes)
    assert said["receipt"] == str(receipts(world)[0])


def test_a_read_only_project_is_verified_all_the_same(
    check: Verify, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.root / ".reprise").write_text("a file where the folder would be")
    assert check() == 0
    assert "no receipt was written" in capsys.readouterr().err
    world.output("table").write_text("other")
    assert check() == 4


def test_a_receipt_that_was_asked_for_must_be_written(check: Verify, world: World) -> None:
    (world.root / "file").write_text("")
    assert check(receipt=world.root / "file" / "receipt.json") == 1
    assert check(receipt=world.root / "sub" / "receipt.json") == 0
    assert (world.root / "sub" / "receipt.json").is_file()
    assert receipts(world) == []


def test_no_receipt_goes_into_the_tree(check: Verify, world: World, copy: Path) -> None:
    for folder in (None, copy):
        place = (folder or world.root / "results" / "cpu") / "demo" / "receipt.json"
        with pytest.raises(ConfigError, match="lies in the tree"):
            check(folder, receipt=place)


def test_deep_is_told_of_every_run(
    check: Verify, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(
        subject, "_initial", lambda project: asked.append(project) or (lambda n: [])
    )
    assert check() == 0
    assert asked == []
    assert check(deep=True) == 0
    assert len(asked) == 1
    assert json.loads(receipts(world)[-1].read_text())["predicate"]["deep"] is True


# Receipts.


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key of OpenSSH; the public one lies beside it."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen (package openssh-client)")
    path = tmp_path_factory.mktemp("keys") / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True)
    return path


def checked(receipt: Path, key: Path, name: str = NAMESPACE) -> bool:
    """Whether ``key`` signed ``receipt`` as it is, asked as docs/provenance.md says."""
    signers = receipt.with_name("signers")
    signers.write_text(f"holder {key.with_suffix('.pub').read_text()}")
    who = ("-f", str(signers), "-I", "holder", "-n", name, "-s", f"{receipt}.sig")
    command = ["ssh-keygen", "-Y", "verify", *who]
    return not subprocess.run(command, input=receipt.read_bytes(), capture_output=True).returncode


@pytest.mark.faults
def test_a_signed_receipt_is_checked_by_openssh(check: Verify, world: World, key: Path) -> None:
    place = world.root / "receipt.json"
    assert check(sign=key, receipt=place) == 0
    assert checked(place, key)
    assert not checked(place, key, "file"), "a signature is for receipts only"
    place.write_text(place.read_text().replace("verified", "Verified"))
    assert not checked(place, key)
    assert check(receipt=place) == 0
    assert not Path(f"{place}.sig").exists(), "an earlier signature is not left beside it"


def test_the_receipt_is_an_in_toto_statement_about_the_tree(check: Verify, world: World) -> None:
    world.output("table").write_text("other")
    assert check() == 4
    said = json.loads(receipts(world)[0].read_text())
    assert (said["_type"], said["predicateType"]) == (STATEMENT, PREDICATE)
    (subject,) = said["subject"]
    assert subject["name"] == "results/cpu"
    lock = lock_text(world.root / "results" / "cpu").encode()
    assert subject["digest"]["sha256"] == hashlib.sha256(lock).hexdigest()
    found = said["predicate"]
    assert (found["schema"], found["verdict"], found["exit_code"]) == (1, "not to be trusted", 4)
    assert found["counts"] == {"current": 3, "tampered": 1}
    assert list(found["faults"]) == ["demo/table/summary"]
    assert "differs from its record" in found["faults"]["demo/table/summary"]["reasons"][0]
    assert {"reprise", "python", "numpy", "jax"} <= set(found["versions"])
    assert (found["scale"], found["commit"]) == ("cpu", {"sha": None, "dirty": None})


def test_a_receipt_names_no_machine_and_no_place(world: World, copy: Path) -> None:
    (copy / "demo/tables/summary.record.json").write_text("damaged")
    (copy / "demo/figures/F1.record.json").unlink()
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    text = json.dumps(statement(audit(world.graph, Tree(copy)), world.root, now, False))
    assert '"name": "tree"' in text and "unverifiable" in text
    assert '"time": "2026-01-02T03:04:05+00:00"' in text
    assert str(copy.parent) not in text and str(world.root) not in text
    assert platform.node() not in text


@pytest.mark.parametrize("content", [None, b"", b"no key", b"\xff\x00"])
def test_what_is_no_key_cannot_sign(key: Path, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot sign"):
        sign(b"x", path)


def test_a_key_that_cannot_sign_stops_before_anything(
    check: Verify, world: World, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        check(sign=world.root / "absent")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="need ssh-keygen"):
        check(sign=key)
    assert receipts(world) == []


# Published trees.


def test_a_release_says_in_one_line_what_would_be_made_again(
    check: Verify, world: World, copy: Path, console: Any
) -> None:
    write_release(copy, Release("1.2.3", "0123456789", False, "2026-01-31", "Some Processor"))
    (copy / LOCK).write_text(lock_text(copy))
    made = "Made by release 1.2.3 (commit 0123456, 2026-01-31, Some Processor); with the code at"
    assert check(copy) == 0
    assert f"{made} hand nothing would be made again.\n" in shown(console)
    world.graph = small_graph(code={}, run={"steps": 9})
    assert check(copy) == 0
    assert f"{made} hand 3 nodes would be made again.\n" in shown(console)
    said = json.loads(receipts(world)[-1].read_text())["predicate"]
    assert (said["release"]["commit"], said["again"]) == ("0123456789", 3)
    (copy / RELEASE).write_text("{}")
    assert check(copy) == 4
