"""A scaffolded paper is valid at once; keys that would do harm are refused."""

from pathlib import Path

import pytest

from reprise import scaffold as subject
from reprise.scaffold import scaffold
from reprise.specs import deviations, load
from reprise.specs.config import Config
from reprise.specs.deviations import deviations as deviation_rows
from reprise.specs.errors import ConfigError
from reprise.specs.load import load_claims, load_paper


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "src" / "papers"
    for module in (subject, load, deviations):
        monkeypatch.setattr(module, "papers_folder", lambda: folder)
    return folder


@pytest.mark.parametrize("scale", ["smoke", "cpu", "gpu", "paper"])
def test_a_new_paper_is_valid_at_every_scale(papers: Path, tmp_path: Path, scale: str) -> None:
    written = scaffold("smith2024", tmp_path)
    assert all(path.is_file() for path in written)
    assert {path.parent for path in written} == {
        papers / "smith2024",
        tmp_path / "tests" / "unit" / "papers" / "smith2024",
    }
    paper = load_paper("smith2024", Config(scale=scale))
    claims = load_claims(load_paper("smith2024", Config()))
    assert {claim.figure for claim in claims.claims.values()} <= set(paper.figures)
    assert deviation_rows("smith2024")
    assert not any("@KEY@" in path.read_text() for path in written)


def test_its_own_test_passes(papers: Path, tmp_path: Path) -> None:
    *_, test = scaffold("smith2024", tmp_path)
    compile(test.read_text(), str(test), "exec")
    assert "from papers.smith2024 import tables" in test.read_text()


@pytest.mark.faults
@pytest.mark.parametrize(
    "key",
    ["", "A2024", "../x", "a/b", "2024", "ab", "a" * 60, "smith-2024", "a b", "abc\n", "x;rm"],
)
def test_an_unusable_key_is_refused(papers: Path, tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="is not usable"):
        scaffold(key, tmp_path)
    assert list(tmp_path.rglob("*.py")) == []


def test_a_taken_key_is_refused_and_kept(papers: Path, tmp_path: Path) -> None:
    scaffold("smith2024", tmp_path)
    paper = papers / "smith2024" / "paper.yaml"
    paper.write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        scaffold("smith2024", tmp_path)
    assert paper.read_text() == "mine"
