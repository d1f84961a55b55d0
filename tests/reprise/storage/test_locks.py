"""One maker at a time; a lock dies with its owner."""

import errno
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from reprise.specs.errors import ConfigError
from reprise.storage.atomic import locked

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
