"""``reprise list``, what verbs say before anything was made, and ``reprise new``."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from workspace import Workspace

import papers as papers_package
from reprise.cli import catalogue as subject
from reprise.cli.catalogue import KINDS, scaffold, show_list
from reprise.specs import load
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config, load_claims, load_columns, load_paper, load_papers
from reprise.specs.load import deviations as deviation_rows
from reprise.specs.paper import SCALES, paper_spec
from reprise.specs.runs import run_spec

CONFIG = Config(scale="smoke", papers=["pearce2023", "dai2022"])


def test_json_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    show_list(CONFIG, None, True, Console())
    found = json.loads(capsys.readouterr().out)["papers"]
    papers = load_papers(CONFIG)
    assert set(found) == {"pearce2023", "dai2022"}
    for paper in papers:
        named = {kind: set(found[paper.key][kind]) for kind in KINDS}
        assert named == {
            **{kind: set(getattr(paper, kind)) for kind in KINDS if kind != "claims"},
            "claims": set(load_claims(paper).claims),
        }


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_has_a_line_that_begins_as_other_verbs_take_it(
    capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    show_list(CONFIG, None, True, Console())
    expected = json.loads(capsys.readouterr().out)["papers"]
    show_list(CONFIG, kind, False, Console())
    lines = capsys.readouterr().out.splitlines()
    names = {f"{paper}/{name}" for paper, found in expected.items() for name in found[kind]}
    assert {line.split()[0] for line in lines} == names


def test_without_a_kind_there_is_a_line_for_every_paper(capsys: pytest.CaptureFixture[str]) -> None:
    show_list(CONFIG, None, False, Console())
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["pearce2023", "dai2022", "reprise"]
    with pytest.raises(ConfigError, match="did you mean 'claims'"):
        show_list(CONFIG, "clams", False, Console())


@pytest.mark.parametrize("verb", ["status", "verify"])
def test_before_anything_was_made_one_line_says_what_to_do(unstarted: Workspace, verb: str) -> None:
    said = unstarted.call("reprise", verb, code=3).stdout
    assert "nothing was made at scale smoke yet: 'reprise run --scale smoke' makes it" in said
    assert "never made" not in said


ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "src" / "papers"
    for module in (subject, load):
        monkeypatch.setattr(module, "papers_folder", lambda: folder)
    folder.mkdir(parents=True)
    # A namespace of its own: the paper is imported beside the project's.
    monkeypatch.setattr(papers_package, "__path__", [*papers_package.__path__, str(folder)])
    for name in [name for name in sys.modules if name.startswith("papers.smith2024")]:
        monkeypatch.delitem(sys.modules, name)
    run_spec.cache_clear()
    paper_spec.cache_clear()
    return folder


@pytest.mark.parametrize("scale", SCALES)
def test_a_new_paper_is_valid_at_every_scale(papers: Path, tmp_path: Path, scale: str) -> None:
    written = scaffold("smith2024", tmp_path)
    assert all(path.is_file() for path in written)
    own, tests = papers / "smith2024", tmp_path / "tests" / "papers" / "smith2024"
    assert all(path.is_relative_to(own) or path.is_relative_to(tests) for path in written)
    paper = load_paper("smith2024", Config(scale=scale))
    claims = load_claims(load_paper("smith2024", Config()))
    assert {claim.figure for claim in claims.claims.values()} <= set(paper.figures)
    assert deviation_rows("smith2024")
    assert load_columns(paper).column("accuracy", "accuracy") is not None
    assert not any("@KEY@" in path.read_text() for path in written)


def test_its_own_test_passes(papers: Path, tmp_path: Path) -> None:
    *_, test = scaffold("smith2024", tmp_path)
    names = runpy.run_path(str(test))
    names["test_the_summary_has_every_seed_at_the_last_step"]()


@pytest.mark.parametrize("key", ["smith2024", "a" * 41])
def test_the_linters_accept_it(papers: Path, tmp_path: Path, key: str) -> None:
    scaffold(key, tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src" / "reprise").symlink_to(ROOT / "src" / "reprise")
    for command in (["check", "--quiet"], ["format", "--quiet", "--diff"]):
        linter = [sys.executable, "-m", "ruff", *command, "--no-cache", "src/papers", "tests"]
        subprocess.run(linter, cwd=tmp_path, check=True)


@pytest.mark.faults
@pytest.mark.parametrize(
    "key",
    [
        "",
        "A2024",
        "../x",
        "a/b",
        "2024",
        "ab",
        "a" * 60,
        "smith-2024",
        "a b",
        "abc\n",
        "x;rm",
        "shared",
        "reports",
    ],
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
