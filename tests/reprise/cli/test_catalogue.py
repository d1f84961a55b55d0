"""``reprise list``, and what verbs say before anything was made."""

import json

import pytest
from rich.console import Console
from workspace import Workspace

from reprise.cli.catalogue import KINDS, show_list
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config, load_claims, load_papers

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
