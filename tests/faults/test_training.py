"""A training that is killed, stopped or whose states are damaged ends in the same bits."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.faults


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [truncate, flip_a_byte], ids=lambda f: f.__name__)
def test_a_damaged_newest_state_is_refused_and_the_one_before_resumes(
    training: Any, expected: dict[str, str], damage: Callable[[Path], None]
) -> None:
    code, _ = training.signalled(signal.SIGKILL, after_states=2)
    assert code == -signal.SIGKILL
    *_, older, newest = training.states()
    damage(newest)
    said = training.make()
    assert "refused resume state" in said
    assert newest.name in said
    assert training.workspace.digests() == expected
    assert training.resumed_from() == int(older.name.partition("-")[0]) - 1
    assert training.states() == []


def test_two_damaged_states_start_from_the_beginning(
    training: Any, expected: dict[str, str]
) -> None:
    training.signalled(signal.SIGKILL, after_states=2)
    for path in training.states():
        flip_a_byte(path)
    assert training.make().count("refused resume state") == 2
    assert training.resumed_from() is None
    assert training.workspace.digests() == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_request_saves_the_state_says_so_and_resumes_exactly(
    training: Any, expected: dict[str, str], number: int
) -> None:
    code, said = training.signalled(number, after_states=1)
    assert code == 128 + number
    assert "the same command resumes it" in said
    assert not list(training.workspace.results.rglob("*.*")), "nothing looks finished"
    stopped_at = int(said.partition("stopped after step ")[2].partition(";")[0])
    assert "resumed after" in training.make()
    assert training.resumed_from() == stopped_at
    assert training.workspace.digests() == expected


def test_killed_again_and_again_it_still_ends_in_the_same_bits(
    training: Any, expected: dict[str, str]
) -> None:
    for more in (1, 3, 2):
        training.signalled(signal.SIGKILL, after_states=more)
    training.make()
    assert training.workspace.digests() == expected
