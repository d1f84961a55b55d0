"""A scale made a second time with other rounding: verdicts that differ there are inconclusive."""

import shutil
from io import BytesIO
from pathlib import Path

import pytest
from workspace import Workspace, edit, rewritten

from reprise.results import parse_csv

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.fixture
def judged(made) -> Workspace:
    """The small paper with a claim that is judged at its scale: it holds."""
    claims = made.workspace.paper / "claims.yaml"
    edit(claims, "    paper_value: 1.0", "    scales: [smoke]\n    paper_value: 1.0")
    edit(claims, "at_least: 0.9}", "at_least: 0}")
    edit(claims, "at_least: 0.95}", "at_least: 0}")
    made.workspace.run()
    return made.workspace


def second(workspace: Workspace, root: Path, value: str | None) -> Path:
    """Another tree of the same scale, whose networks had other test accuracies if there is one."""
    tree = root / "second" / workspace.results.name
    shutil.copytree(workspace.results, tree)
    if value is not None:
        rewritten(lambda results: lower(results, value))(tree)
    return tree


def lower(results: Path, value: str) -> None:
    (table,) = results.rglob("summary.csv")
    frame = parse_csv(BytesIO(table.read_bytes()))
    frame.loc[frame["quantity"] == "final_test_accuracy", "value"] = float(value)
    frame.to_csv(table, index=False, lineterminator="\n")


def kept(workspace: Workspace) -> list[float]:
    """The statistics that are kept of trees with other rounding."""
    path = workspace.paper / "reference" / "other_rounding.csv"
    return parse_csv(BytesIO(path.read_bytes()))["statistic"].tolist()


def verdict(workspace: Workspace) -> "tuple[str, str]":
    row = parse_csv(BytesIO((workspace.results / "report" / "verdicts.csv").read_bytes())).iloc[0]
    return row["verdict"], "" if row["reason"] != row["reason"] else row["reason"]


def test_a_verdict_that_differs_is_inconclusive_until_the_rule_changes(judged, tmp_path):
    assert verdict(judged) == ("reproduced", "")
    tree = second(judged, tmp_path, "-1.0")
    assert "1 verdicts kept" in judged.call("reprise", "rounding", str(tree), code=0).stdout
    judged.run()
    told = "reproduced here, contradicted with other rounding"
    assert verdict(judged) == ("inconclusive", told)
    assert judged.call("reprise", "verify", code=0)
    edit(judged.paper / "claims.yaml", "at_least: 0}\n    scales", "at_least: 0.001}\n    scales")
    judged.run()
    assert verdict(judged)[0] == "reproduced"


def test_a_tree_can_be_added_to_those_that_are_kept(judged, tmp_path):
    for root, value in (("a", "-1.0"), ("b", "-2.0")):
        tree = second(judged, tmp_path / root, value)
        judged.call("reprise", "rounding", str(tree), "--add", code=0)
    assert kept(judged) == [-1.0, -2.0]
    judged.call("reprise", "rounding", str(tree), code=0)
    assert kept(judged) == [-2.0]


def test_a_tree_with_the_same_bytes_says_nothing(made, tmp_path):
    tree = second(made.workspace, tmp_path, None)
    done = made.workspace.call("reprise", "rounding", str(tree), code=2)
    assert "every table has the bytes of" in done.stderr
