"""A training that is killed, stopped or whose states are damaged ends in the same bits."""

import random
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reprise.storage.tensors import read_tensors
from reprise.training.resume import ResumeStore

pytestmark = pytest.mark.faults

KILLS = 5
PICKLE = b"cposix\nsystem\n(S'touch executed'\ntR."
"""Unpickling this makes a file called executed."""


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(bytes(data))


def test_killed_at_random_points_it_ends_in_the_same_bits(
    training: Any, expected: dict[str, str]
) -> None:
    """The whole process group, some time after its next save; not the same points every day."""
    draw = random.Random()
    for _ in range(KILLS):
        delay = draw.uniform(0, 0.05)
        code, said = training.signalled(signal.SIGKILL, after_states=1, after_s=delay)
        assert code == -signal.SIGKILL, f"killed {delay} s after a save: {said}"
        assert not list(training.workspace.results.rglob("*.*")), "nothing looks finished"
    training.make()
    assert training.workspace.digests() == expected
    assert training.resumed_from() > 0
    assert training.states() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_request_saves_the_state_says_so_and_resumes_exactly(
    training: Any, expected: dict[str, str], number: int
) -> None:
    code, said = training.signalled(number)
    assert code == 128 + number
    assert "the same command resumes it" in said
    assert not list(training.workspace.results.rglob("*.*")), "nothing looks finished"
    stopped_at = int(said.partition("stopped after step ")[2].partition(";")[0])
    assert "resumed after" in training.make()
    assert training.resumed_from() == stopped_at
    assert training.workspace.digests() == expected


@pytest.mark.parametrize("damage", [truncate, flip_a_byte], ids=lambda f: f.__name__)
def test_a_damaged_newest_state_is_refused_and_the_one_before_resumes(
    training: Any, expected: dict[str, str], damage: Callable[[Path], None]
) -> None:
    training.signalled(signal.SIGKILL, after_states=3)
    *_, older, newest = training.states()
    damage(newest)
    said = training.make()
    assert "refused resume state" in said
    assert newest.name in said
    assert training.workspace.digests() == expected
    assert training.resumed_from() == int(older.name.partition("-")[0]) - 1
    assert training.states() == []


def pickled(path: Path) -> None:
    path.write_bytes(PICKLE)


def zip_bomb(path: Path) -> None:
    """Zeros, a thousand times as many as the file has bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.pkl", bytes(2**26))


@pytest.mark.parametrize("put", [flip_a_byte, pickled, zip_bomb], ids=lambda f: f.__name__)
def test_without_an_intact_state_it_starts_from_the_beginning(
    training: Any, expected: dict[str, str], put: Callable[[Path], None]
) -> None:
    training.signalled(signal.SIGKILL, after_states=3)
    states = training.states()
    assert len(states) >= 2
    for path in states:
        put(path)
    assert training.make().count("refused resume state") == len(states)
    assert training.resumed_from() is None
    assert not list(training.workspace.root.rglob("executed"))
    assert training.workspace.digests() == expected


def test_a_state_of_another_training_in_its_place_is_refused(
    training: Any, expected: dict[str, str]
) -> None:
    """Whole, with digest and position in its name: only what it was made for tells."""
    training.signalled(signal.SIGKILL, after_states=3)
    states = training.states()
    own = states[-1].parent
    other = ResumeStore(own.with_name("other"), "f" * 64)
    for path in states:
        position, _, digest = path.stem.partition("-")
        arrays, header = read_tensors(path, digest)
        path.unlink()
        other.save(int(position), {name: 0 * array for name, array in arrays.items()}, header)
    for path in other.folder.iterdir():
        path.rename(own / path.name)
    assert training.make().count("it belongs to another training") == 2, "as many are kept"
    assert training.resumed_from() is None
    assert training.workspace.digests() == expected
