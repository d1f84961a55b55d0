"""Local copies of a storage: fetched where size or date differ, gone where it holds none."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reprise.storage.copies import Listed, bring

CONTENT = b"quantity,value\n"
LISTED = Listed(mtime=1_700_000_000.25, size=len(CONTENT))


@dataclass
class File:
    """A stored file, and how often it was fetched."""

    place: Path
    fetched: list[bytes] = field(default_factory=list)

    def local_path(self) -> Path:
        return self.place

    def retrieve_object(self) -> None:
        self.fetched.append(CONTENT)
        self.place.write_bytes(CONTENT)


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "deep" / "summary.csv")


def test_what_is_not_here_is_fetched_with_its_date(file: File) -> None:
    assert bring(file, LISTED)
    assert file.place.read_bytes() == CONTENT
    assert file.place.stat().st_mtime == LISTED.mtime


def test_a_copy_is_not_fetched_again(file: File) -> None:
    bring(file, LISTED)
    assert not bring(file, LISTED)
    assert len(file.fetched) == 1


@pytest.mark.parametrize(
    "listed", [Listed(LISTED.mtime, LISTED.size + 1), Listed(LISTED.mtime + 1, LISTED.size)]
)
def test_another_size_or_date_is_fetched(file: File, listed: Listed) -> None:
    bring(file, LISTED)
    assert bring(file, listed)
    assert file.place.stat().st_mtime == listed.mtime


def test_a_copy_that_was_touched_is_fetched(file: File) -> None:
    bring(file, LISTED)
    os.utime(file.place)
    assert bring(file, LISTED)


def test_what_the_storage_lost_is_lost_here(file: File) -> None:
    assert not bring(file, None)
    bring(file, LISTED)
    assert not bring(file, None)
    assert not file.place.exists()
    assert len(file.fetched) == 1
