"""A verdict table that is no verdict table is a contradiction, not a crash."""

from dataclasses import replace
from pathlib import Path

import pytest
from small_world import World, judged_world, make

from reprise.audit.derived import JUDGED_OTHERWISE, earlier_rules, read_table, with_derived
from reprise.records.state import State
from reprise.records.tree import Tree
from reprise.report.html import build
from reprise.report.model import FigureEntry, PaperEntry, ReportModel, verdict_rows

VERDICT = "demo/verdict/verdicts"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return judged_world(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def whole(world: World) -> str:
    """The verdicts as they were judged."""
    return (world.root / "results/cpu/demo/verdicts.csv").read_text()


def derived(world: World, text: str) -> State:
    """The state of the verdicts where they say ``text``, and every digest agrees."""
    (world.root / "results/cpu/demo/verdicts.csv").write_text(text)
    found = dict.fromkeys(world.graph.nodes, State("current"))
    return with_derived(world.graph.nodes, found, Tree.own(world.root, "cpu"), ())[VERDICT]


def test_columns_that_are_gone_and_cells_that_are_no_numbers_are_named(
    world: World, whole: str
) -> None:
    assert derived(world, whole).name == "current"
    for forged, said in (
        (whole.replace("verdict,", "outcome,", 1), "lacks columns: verdict"),
        (whole.replace("claim,", "said,", 1), "lacks columns: claim"),
        (whole.replace("0.75", "much", 1), "could not convert string to float: 'much'"),
        ("", "lacks columns: paper, claim"),
        ("\n\n", "lacks columns: paper, claim"),
        (whole.replace("half-is-more", "", 1), "cannot be derived again"),
    ):
        state = derived(world, forged)
        assert state.name == "tampered"
        assert said in state.reasons[0]


def test_nodes_that_were_not_judged_are_left_out(world: World) -> None:
    """As where only one of several papers is verified."""
    found = {"demo/table/summary": State("current")}
    assert with_derived(world.graph.nodes, found, Tree.own(world.root, "cpu"), ()) == found


def test_verdicts_beside_other_verdicts_with_other_rounding_are_an_earlier_release_s(
    world: World,
) -> None:
    """A release is not accused when the next one keeps verdicts with other rounding."""
    today = world.graph.nodes[VERDICT]
    kept = {"papers/demo/reference/other_rounding.csv": "0" * 64}
    assert earlier_rules([today]) == set()
    assert earlier_rules([replace(today, files=kept)]) == {VERDICT}


def test_what_other_code_judged_otherwise_is_stale_not_passed_and_not_accused(
    world: World, whole: str
) -> None:
    """A forger can say that other code judged; then the code at hand is asked."""
    path: Path = world.root / "results/cpu/demo/verdicts.csv"
    given = (dict.fromkeys(world.graph.nodes, State("current")), Tree.own(world.root, "cpu"))
    path.write_text(whole)
    assert with_derived(world.graph.nodes, *given, {VERDICT})[VERDICT] == State("current")
    path.write_text(whole.replace("0.75", "0.85", 1))
    state = with_derived(world.graph.nodes, *given, {VERDICT})[VERDICT]
    assert (state.name, state.reasons[0]) == ("stale", JUDGED_OTHERWISE)
    assert "0.85" in state.reasons[1]
    path.write_text(whole.replace("one network", "on one network", 1))
    assert whole != path.read_text()
    assert with_derived(world.graph.nodes, *given, {VERDICT})[VERDICT] == State("current")
    path.write_text(whole.replace("one network", "3 of 3 seeds", 1))
    assert with_derived(world.graph.nodes, *given, {VERDICT})[VERDICT].name == "stale"


@pytest.mark.parametrize("page", ["index.html", "demo.html"])
def test_a_page_that_shows_a_claim_otherwise_or_not_at_all_is_contradicted(
    tmp_path: Path, page: str
) -> None:
    world = judged_world(tmp_path)
    tree, verdict = Tree.own(tmp_path, "cpu"), world.graph.nodes[VERDICT]
    rows = verdict_rows(read_table(verdict, tree))
    figure = FigureEntry("F1", "One", "", "", None, "current", "", (), ())
    paper = PaperEntry("demo", "Demo", "A. Body", 2024, "", "", rows, (figure,))
    pages = build(ReportModel("Demo", "cpu", (paper,)))
    names = ("index.html", "demo.html", "verdicts.csv")
    folder = tmp_path / "results" / "cpu" / "report"
    places = tuple(f"results/cpu/report/{name}" for name in names)
    report = make("report", "report", {}, places, (verdict,), {})
    nodes = {**world.graph.nodes, report.id: report}
    found = dict.fromkeys(nodes, State("current"))

    def judged(old: str, new: str) -> State:
        """The report whose ``page`` has ``new`` for ``old``, and every digest agrees."""
        folder.mkdir(exist_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text.replace(old, new, 1) if name == page else text)
        (folder / "verdicts.csv").write_bytes(tree.path(verdict.output(".csv")).read_bytes())
        return with_derived(nodes, found, tree, earlier)[report.id]

    earlier: set[str] = set()
    assert judged("", "") == State("current")
    forged = judged('<tr class="claim no"', '<tr class="claim yes"')
    said = f"{page}: claim demo/all-is-less is shown as 'yes', it is 'contradicted'"
    assert forged == State("tampered", (said,))
    gone = judged('data-claim="demo/all-is-less"', "")
    assert gone == State("tampered", (f"{page}: claim demo/all-is-less is not shown",))
    other = judged('data-claim="demo/all-is-less"', 'data-claim="demo/none"')
    assert "claim demo/none is shown as 'no', it is 'no claim'" in other.reasons[0]
    # A report of other code is compared, too; only its pages of another layout are not.
    earlier = {VERDICT, report.id}
    assert judged('<tr class="claim no"', '<tr class="claim yes"') == forged
    assert judged("", "") == State("current")
