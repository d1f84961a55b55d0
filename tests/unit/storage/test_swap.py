"""A folder takes another's place as a whole, or not at all."""

from pathlib import Path

import pytest

from reprise.storage import swap as subject
from reprise.storage.swap import replacing


@pytest.fixture(params=["exchange", "two renames"])
def target(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file, on a file system that can exchange folders or cannot."""
    if request.param == "two renames":
        monkeypatch.setattr(subject, "_exchange", lambda a, b: False)
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


def test_what_a_killed_replacement_left_is_cleared_up(target: Path) -> None:
    """Killed in the block (a folder more), or between two renames (the old one lies aside)."""
    (target.parent / ".cpu.abc.tmp").mkdir()
    target.rename(target.parent / ".cpu.old")
    with pytest.raises(KeyboardInterrupt), replacing(target):
        raise KeyboardInterrupt
    assert names(target) == ["old"]
    assert names(target.parent) == ["cpu"]
