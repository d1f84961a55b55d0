"""Digests of local files: by content, kept by size and date, hidden files left out."""

import hashlib
import os
from pathlib import Path

import pytest

from reprise.graph import local_files as sources
from reprise.graph.local_files import file_digests
from reprise.specs.errors import ConfigError


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_every_visible_file_below_a_folder_counts(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "deep" / ".cache").mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"a")
    (folder / "deep" / "b.bin").write_bytes(b"b")
    (folder / "deep" / ".cache" / "c").write_bytes(b"c")
    (folder / ".hidden").write_bytes(b"d")
    expected = {"a.bin": sha256(b"a"), "deep/b.bin": sha256(b"b")}
    assert file_digests("x", folder, tmp_path / "cache.json") == expected
    assert file_digests("x", folder / "a.bin", tmp_path / "cache.json") == {"a.bin": sha256(b"a")}


def test_an_unchanged_file_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, cache = tmp_path / "a.bin", tmp_path / "deep" / "cache.json"
    file.write_bytes(b"a")
    first = file_digests("x", file, cache)
    read: list[Path] = []
    original = sources.sha256
    monkeypatch.setattr(sources, "sha256", lambda f: read.append(f) or original(f))
    assert file_digests("x", file, cache) == first
    assert not read
    os.utime(file, (1, 1))
    assert file_digests("x", file, cache) == first
    file.write_bytes(b"b")
    assert file_digests("x", file, cache) == {"a.bin": sha256(b"b")}
    assert len(read) == 2


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_a_broken_cache_is_made_anew(tmp_path: Path, content: bytes) -> None:
    file, cache = tmp_path / "a.bin", tmp_path / "cache.json"
    file.write_bytes(b"a")
    cache.write_bytes(content)
    assert file_digests("x", file, cache) == {"a.bin": sha256(b"a")}


@pytest.mark.faults
def test_nothing_there_names_field_and_nearest(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(ConfigError, match=r"p\.datasets.*did you mean 'model'"):
        file_digests("p.datasets.m.sources.checkpoint", tmp_path / "modle", tmp_path / "c")
    with pytest.raises(ConfigError, match="holds no files"):
        file_digests("x", tmp_path / "model", tmp_path / "c")
