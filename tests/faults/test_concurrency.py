"""Two makers of one thing, of different things, and the locks of the dead and of other machines."""

import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from forked_jobs import wait_for

from reprise.storage.atomic import locked

pytestmark = pytest.mark.faults

ELSEWHERE = '{"host": "elsewhere", "pid": 1}'


def test_the_second_maker_of_a_training_waits_for_the_first_and_takes_over(
    training: Any, expected: dict[str, str]
) -> None:
    first = training.start()
    wait_for(lambda: bool(training.states()), first)
    first.send(signal.SIGSTOP)
    second = training.start()
    wait_for(lambda: "waiting for" in second.said(), second)
    assert f'"pid": {first.pid}' in second.said()
    assert socket.gethostname() in second.said()
    first.send(signal.SIGCONT)
    assert first.wait() == second.wait() == 0
    assert "resumed" not in second.said(), "nothing is trained twice"
    assert training.resumed_from() is None
    assert training.workspace.digests() == expected


def test_the_second_maker_goes_on_where_a_killed_first_stopped(
    training: Any, expected: dict[str, str]
) -> None:
    first = training.start()
    wait_for(lambda: len(training.states()) > 1, first)
    first.send(signal.SIGSTOP)
    second = training.start()
    wait_for(lambda: "waiting for" in second.said(), second)
    first.send(signal.SIGKILL)
    assert second.wait() == 0
    assert first.wait() == -signal.SIGKILL
    assert "resumed after" in second.said()
    assert training.workspace.digests() == expected


def test_makers_of_different_things_do_not_wait(made: Any, undisturbed: dict[str, str]) -> None:
    node = made.node("run")
    with locked(made.workspace.root / ".reprise" / "locks" / f"{node.fingerprint}.lock"):
        for name in ("accuracy", "figure"):
            assert "waiting" not in made.make(name)
    assert made.workspace.digests() == undisturbed


@pytest.mark.slow
def test_the_second_run_of_a_project_waits_and_then_finds_nothing_to_do(made: Any) -> None:
    with locked(made.workspace.root / ".reprise" / "locks" / "run.lock"):
        process = made.workspace.start("reprise", "run")
        assert process.stdout is not None
        said = process.stdout.readline()
    said += process.communicate(timeout=240)[0]
    assert process.returncode == 0
    assert f'waiting for run.lock, held by {{"pid": {os.getpid()}' in said
    assert socket.gethostname() in said
    assert "Nothing to make" in said


def test_what_a_lock_file_says_does_not_hold_a_lock(tmp_path: Path) -> None:
    """Left by a machine that died, in a copy of its folder, or by anything."""
    path = tmp_path / "node.lock"
    path.write_text(ELSEWHERE)
    with locked(path, wait=False) as waited:
        assert not waited
        assert socket.gethostname() in path.read_text()


def test_a_lock_held_on_another_machine_is_refused_naming_it(tmp_path: Path) -> None:
    """As over a network file system, which passes locks on; the file names the holder."""
    path = tmp_path / "node.lock"
    with locked(path):
        path.write_text(ELSEWHERE)
        with pytest.raises(BlockingIOError, match="elsewhere") as caught, locked(path, wait=False):
            pass
    assert '"pid": 1' in str(caught.value)
