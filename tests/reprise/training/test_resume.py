"""Resume states: the newest intact one of this very training, else the one before."""

import hashlib
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from reprise.storage.tensors import encode
from reprise.training import resume
from reprise.training.resume import ResumeStore

MARK = "a" * 64


@pytest.fixture
def store(tmp_path: Path) -> ResumeStore:
    return ResumeStore(tmp_path / "resume", MARK)


def save(store: ResumeStore, position: int) -> None:
    store.save(position, {"w": np.full(100, position)}, {"updates": position * 10})


def files(store: ResumeStore) -> list[Path]:
    return sorted(store.folder.iterdir())


def position(store: ResumeStore) -> int | None:
    found = store.newest()
    if found is None:
        return None
    number, arrays, header = found
    np.testing.assert_array_equal(arrays["w"], np.full(100, number))
    assert header["updates"] == number * 10
    return number


def test_nothing_saved_is_nothing_found(store: ResumeStore) -> None:
    assert store.newest() is None
    store.clear()


def test_keeps_the_newest_two(store: ResumeStore) -> None:
    for number in (1, 2, 10, 9, 11):
        save(store, number)
    assert position(store) == 11
    assert [int(path.name[:12]) for path in files(store)] == [10, 11]


@pytest.mark.faults
@pytest.mark.parametrize("damage", ["truncated", "byte flipped", "emptied", "replaced by another"])
def test_a_damaged_state_is_refused_and_the_one_before_used(
    store: ResumeStore, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    save(store, 1)
    save(store, 2)
    older, newest = files(store)
    data = bytearray(newest.read_bytes())
    data[-1] ^= 1
    content = {
        "truncated": bytes(data[: len(data) // 2]),
        "byte flipped": bytes(data),
        "emptied": b"",
        "replaced by another": older.read_bytes(),
    }
    newest.write_bytes(content[damage])
    with caplog.at_level(logging.WARNING):
        assert position(store) == 1
    assert newest.name in caplog.text


@pytest.mark.faults
def test_a_state_of_another_training_is_refused(
    store: ResumeStore, caplog: pytest.LogCaptureFixture
) -> None:
    other = ResumeStore(store.folder.parent / "other", "b" * 64)
    save(other, 5)
    shutil.copytree(other.folder, store.folder)
    with caplog.at_level(logging.WARNING):
        assert store.newest() is None
    assert "belongs to another training" in caplog.text


def test_a_state_under_a_false_position_is_refused(store: ResumeStore) -> None:
    """Its digest is right, so only the header can tell."""
    save(store, 3)
    (path,) = files(store)
    path.rename(path.with_name(path.name.replace("000000000003", "000000000099")))
    assert store.newest() is None


def test_foreign_files_are_neither_read_nor_removed_by_saving(store: ResumeStore) -> None:
    store.folder.mkdir()
    foreign = store.folder / "notes.txt"
    half = store.folder / ".000000000002-abc.safetensors.x1.tmp"
    data = encode({"w": np.zeros(1)}, {"fingerprint": MARK, "position": 9})
    unnamed = store.folder / f"9-{hashlib.sha256(data).hexdigest()}.safetensors"
    foreign.write_text("mine")
    half.write_bytes(b"half")
    unnamed.write_bytes(data)
    for number in (1, 2, 3):
        save(store, number)
    assert position(store) == 3
    assert foreign.exists()
    assert half.exists()
    assert unnamed.exists()


def test_a_failed_save_leaves_the_earlier_states(
    store: ResumeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, 1)

    def full(path: Path, data: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(resume, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        save(store, 2)
    assert position(store) == 1


def test_clear_removes_everything(store: ResumeStore) -> None:
    save(store, 1)
    (store.folder / ".half.tmp").write_bytes(b"x")
    store.clear()
    assert not store.folder.exists()
