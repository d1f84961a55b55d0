"""A file is old or new, never half; a failed write leaves no trace."""

import errno
import hashlib
import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from reprise.specs.errors import ConfigError
from reprise.storage import atomic
from reprise.storage.atomic import locked, replacing, sha256, write_bytes, write_json, write_text


def test_writes_what_its_digest_says(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_bytes(path, b"abc")
    assert sha256(path) == hashlib.sha256(b"abc").hexdigest()
    assert path.read_bytes() == b"abc"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_text_is_utf8_with_unix_newlines(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "Größe\n")
    assert (tmp_path / "file").read_bytes() == b"Gr\xc3\xb6\xc3\x9fe\n"


def test_json_does_not_depend_on_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"b": 1, "a": [True, None]})
    write_json(tmp_path / "b", {"a": [True, None], "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text()) == {"b": 1, "a": [True, None]}


def test_json_refuses_what_json_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: BaseException
) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail(*arguments: object, **keywords: object) -> None:
        raise fault

    monkeypatch.setattr(atomic.os, step, fail)
    with pytest.raises(type(fault)) as caught:
        write_bytes(path, b"newer content")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path], "a temporary file was left behind"
    if isinstance(fault, OSError):
        assert caught.value.errno == 28
        assert str(path) in str(caught.value)
        assert "13 bytes" in str(caught.value)


def test_a_reader_that_has_it_open_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")
    with path.open("rb") as reader:
        write_bytes(path, b"new")
        assert reader.read() == b"old"


def test_data_reaches_the_disk_before_the_name_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            atomic.os, name, lambda *a, n=name, real=real, **k: (order.append(n), real(*a, **k))[1]
        )
    write_bytes(tmp_path / "file", b"x")
    assert order == ["fsync", "replace", "fsync"], "file, name, folder"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder with a file."""
    folder = tmp_path / "place" / "cpu"
    folder.mkdir(parents=True)
    (folder / "old").write_text("old")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_new_folder_takes_the_place_of_the_old(target: Path) -> None:
    with replacing(target) as folder:
        (folder / "new").write_text("new")
        assert names(target) == ["old"]
    assert names(target) == ["new"]
    assert names(target.parent) == ["cpu"]
    assert target.stat().st_mode & 0o777 == 0o755


def test_a_first_folder_needs_no_other(tmp_path: Path) -> None:
    with replacing(tmp_path / "a" / "b") as folder:
        (folder / "new").write_text("new")
    assert names(tmp_path / "a" / "b") == ["new"]


def test_an_error_leaves_the_old(target: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(target) as folder:
        (folder / "new" / "file").write_text("the folder new is missing")
    assert names(target) == ["old"]
    assert names(target.parent) == ["cpu"]


def test_a_kill_between_the_two_renames_loses_nothing(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the old folder, which the next replacement puts back, nor the chance to write one."""
    real = Path.rename

    def rename(self: Path, to: Path) -> Path:
        if self.suffix == ".tmp":
            raise KeyboardInterrupt
        return real(self, to)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt), replacing(target) as folder:
        (folder / "new").write_text("new")
    monkeypatch.undo()
    with pytest.raises(ZeroDivisionError), replacing(target):
        raise ZeroDivisionError
    assert names(target) == ["old"]


def test_what_a_killed_replacement_left_is_cleared_up(target: Path) -> None:
    """Killed in the block (a folder more), or between two renames (the old one lies aside)."""
    (target.parent / ".cpu.abc.tmp").mkdir()
    target.rename(target.parent / ".cpu.old")
    with pytest.raises(KeyboardInterrupt), replacing(target):
        raise KeyboardInterrupt
    assert names(target) == ["old"]
    assert names(target.parent) == ["cpu"]


OWNER = """
import sys, time
from pathlib import Path
from reprise.storage.atomic import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.faults
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def flock(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    mounts = [("/", "ext4"), (str(path.parents[1]), "lustre"), (f"{path.parent}-other", "nfs")]
    disks = [SimpleNamespace(mountpoint=place, fstype=kind) for place, kind in mounts]
    monkeypatch.setattr("fcntl.flock", flock)
    monkeypatch.setattr("psutil.disk_partitions", lambda **every: disks)
    expected = (
        rf"is on the file system {path.parents[1]} \(lustre\), which has no locks .* local disk"
    )
    with pytest.raises(ConfigError, match=expected), locked(path):
        pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "node.lock"


@pytest.fixture
def owner(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.faults
def test_the_second_is_refused_naming_pid_and_host(
    path: Path, owner: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(BlockingIOError) as caught, locked(path, wait=False):
        pass
    assert str(owner.pid) in str(caught.value)
    assert socket.gethostname() in str(caught.value)


def test_the_second_waits_until_the_owner_is_done(
    path: Path, owner: "subprocess.Popen[str]", caplog: pytest.LogCaptureFixture
) -> None:
    killer = subprocess.Popen([sys.executable, "-c", KILLER, str(owner.pid)])
    began = time.monotonic()
    with caplog.at_level(logging.WARNING), locked(path) as waited:
        assert waited
        assert time.monotonic() - began > 0.2
    killer.wait()
    assert str(owner.pid) in caplog.text


KILLER = "import os, sys, time; time.sleep(0.5); os.kill(int(sys.argv[1]), 9)"


@pytest.mark.faults
def test_the_lock_of_a_dead_owner_is_free(path: Path, owner: "subprocess.Popen[str]") -> None:
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert path.exists()
    with locked(path, wait=False) as waited:
        assert not waited
        assert json.loads(path.read_text()) == {"pid": os.getpid(), "host": socket.gethostname()}


def test_it_is_released_after_an_error(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(path):
        1 / 0  # noqa: B018
    with locked(path, wait=False):
        pass


def test_garbage_in_the_lock_file_does_not_matter(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xff\x00garbage")
    with locked(path, wait=False) as waited:
        assert not waited
    assert json.loads(path.read_text())["pid"] == os.getpid()
