"""A file is old or new, never half; a failed write leaves no trace."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from reprise.storage import atomic
from reprise.storage.atomic import replacing, sha256, write_bytes, write_json, write_text


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
