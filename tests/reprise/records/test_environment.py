"""What a result was made under."""

import hashlib
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from git_repository import git

from reprise.graph.nodes import KINDS
from reprise.records import environment as subject
from reprise.records.environment import (
    COMMIT,
    commit,
    commit_text,
    environment,
    versions,
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_versions_of_installed_packages(kind: str) -> None:
    found = versions(kind)
    assert found
    assert found == {name: metadata.version(name) for name in found}


def test_a_package_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every state of every node asks; reading a package's metadata takes milliseconds."""
    subject._version.cache_clear()
    asked: list[str] = []
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: asked.append(name) or real(name))
    for kind in (*KINDS, *KINDS):
        versions(kind)
    assert asked
    assert len(asked) == len(set(asked))


def test_the_lock_is_told_by_its_digest(tmp_path: Path) -> None:
    assert environment(tmp_path, "table")["lock_sha256"] is None
    lock = tmp_path / "requirements" / "lock.txt"
    lock.parent.mkdir()
    lock.write_bytes(b"numpy==2\n")
    found = environment(tmp_path, "table")["lock_sha256"]
    assert found == hashlib.sha256(b"numpy==2\n").hexdigest()


def test_the_commit_and_whether_files_differ_from_it(tmp_path: Path) -> None:
    assert commit(tmp_path) == {"sha": None, "dirty": None}
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "-m", "x")
    clean = commit(tmp_path)
    assert len(clean["sha"]) == 40
    assert clean["dirty"] is False
    (tmp_path / "untracked").write_text("1")
    assert commit(tmp_path) == clean
    (tmp_path / "a").write_text("2")
    assert commit(tmp_path) == {"sha": clean["sha"], "dirty": True}


def test_no_git_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(tmp_path) == {"sha": None, "dirty": None}


def test_a_job_without_git_is_told_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for told, expected in {
        "": {"sha": None, "dirty": None},
        "abc": {"sha": "abc", "dirty": False},
        "abc dirty": {"sha": "abc", "dirty": True},
    }.items():
        monkeypatch.setenv(COMMIT, told)
        assert commit(tmp_path) == expected
        assert commit_text(tmp_path) == told


def test_the_commit_of_another_repository_around_is_not_ours(tmp_path: Path) -> None:
    def run(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *words], check=True, capture_output=True)

    run("init")
    run("commit", "--allow-empty", "-m", "theirs")
    inside = tmp_path / "unpacked"
    inside.mkdir()
    assert commit(inside) == {"sha": None, "dirty": None}
    assert len(commit(tmp_path)["sha"]) == 40


def test_variables_of_git_name_no_other_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are set inside a hook of git."""
    other = tmp_path / "other"
    other.mkdir()
    for root in (tmp_path, other):
        git(root, "init", "--quiet")
        git(root, "commit", "--quiet", "--allow-empty", "-m", root.name)
    ours = commit(tmp_path)
    assert ours["sha"] != commit(other)["sha"]
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert commit(tmp_path) == ours


def test_variables_in_force_and_the_allocation_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_max_isa=AVX2")
    found = environment(tmp_path, "run")
    assert found["variables"]["chosen"]["JAX_PLATFORMS"] == "cpu"
    assert found["variables"]["pinned"]["XLA_FLAGS"] == "--xla_cpu_max_isa=AVX2"
    assert found["instructions"].endswith("XLA up to AVX2")
    assert 1 <= found["cores"] <= found["cpu_count"]
    assert found["memory_bytes"] > 0
