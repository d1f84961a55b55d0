"""What the pages show: verdicts as rows, and everything else from records and outputs."""

import io
import math
import sys
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from small_world import judged_world

from reprise.graph.nodes import Node
from reprise.jobs.make import Parents
from reprise.plotting.blocks import Block
from reprise.records.tree import Tree
from reprise.report import model as subject
from reprise.report.model import VerdictRow, agreement, paper_order, verdict_rows
from reprise.results import csv_bytes, parse_csv
from reprise.stats.verdicts import COLUMNS


def test_counts_name_every_verdict(make):
    assert make.model().counts == {
        "reproduced": 1,
        "partly": 1,
        "inconclusive": 1,
        "contradicted": 1,
        "not tested": 1,
    }
    assert [row.claim for row in make.model().claims("control")] == ["control"]
    assert sum(make.model(make.paper(verdicts=())).counts.values()) == 0


def test_totals_are_sums_over_papers(make):
    both = make.model(make.paper(), make.paper("dai2022", verdicts=(make.row(), make.row())))
    assert both.counts["reproduced"] == 3
    assert both.counts["partly"] == 1


def test_claims_of_a_figure_are_its_own_and_what_failed_stands_first(make):
    names = [row.claim for row in make.paper().claims_of("accuracy")]
    assert names == ["share", "width", "delay"]


def frame(**changes):
    values = {
        "paper": "pearce2023",
        "claim": "delay",
        "kind": "finding",
        "figure": "accuracy",
        "statement": 'later, "much" later',
        "gate": "",
        "statistic": 62.1,
        "low": math.nan,
        "high": math.nan,
        "networks": "",
        "threshold": ">= 10",
        "threshold_source": "paper: its Figure 1",
        "paper_value": "80",
        "calibration": "",
        "other_rounding": "",
        "verdict": "reproduced",
        "reason": "",
        "scale": "cpu",
    }
    return pd.DataFrame([{**values, **changes}], columns=list(COLUMNS))


def test_a_verdict_table_comes_back_through_csv():
    (row,) = verdict_rows(parse_csv(io.BytesIO(csv_bytes(frame()))))
    assert row.statement == 'later, "much" later'
    assert row.gate == ""
    assert row.statistic == 62.1
    assert math.isnan(row.low)
    assert row.paper_value == "80"


def test_texts_that_look_like_numbers_stay_as_written():
    both = pd.concat([frame(paper_value="80"), frame(paper_value="", networks="3")])
    first, second = verdict_rows(parse_csv(io.BytesIO(csv_bytes(both))))
    assert (first.paper_value, first.networks) == ("80", "")
    assert (second.paper_value, second.networks) == ("", "3")


def test_columns_of_verdicts_are_the_fields_of_a_row():
    assert list(VerdictRow.__dataclass_fields__) == list(COLUMNS)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="lacks the columns gate, reason"):
        verdict_rows(frame().drop(columns=["gate", "reason"]))


def test_an_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="delay: 'sort of'"):
        verdict_rows(frame(verdict="sort of"))


FACTS = {"title": "Demo", "authors": "A. Body", "year": 2024, "link": "", "abstract": "Small."}
SVG = b'<svg xmlns="x" width="300pt" height="150pt"></svg>'


@pytest.fixture
def gathered(tmp_path, monkeypatch):
    """The model of a small world's report, whose paper has the blocks that are given."""
    world = judged_world(tmp_path)
    nodes = dict(world.graph.nodes)
    figure = replace(
        nodes["demo/figure/F1"],
        spec={"entry": "figures:f1", "tables": ["summary"], "footer": "demo · seeds 0-2"},
        about={"title": "One", "caption": "It rises.", "source": "Figure 1"},
    )
    nodes[figure.id] = figure
    world.make(figure, {"F1.svg": SVG})
    for name in ("figures", "tables"):
        path = tmp_path / "src" / "papers" / "demo" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    monkeypatch.setattr(subject, "source_root", lambda: tmp_path / "src")

    def gathered(blocks=None, below="report"):
        entry = "papers.demo.explorables:blocks"
        if blocks:
            module = SimpleNamespace(blocks=blocks)
            monkeypatch.setitem(sys.modules, "papers.demo.explorables", module)
        spec = {
            "papers": [{"key": "demo", **FACTS, "deviations": [["seeds", "10", "3", "time"]]}],
            "explorables": {"demo": entry} if blocks else {},
        }
        place = f"results/cpu/{below}/report.record.json"
        inputs = ("demo/figure/F1", "demo/verdict/verdicts", "demo/table/summary")
        rest = {"code": {}, "files": {}, "fingerprint": "", "outputs": (), "record": place}
        report = Node("report", "report", "", "report", "cpu", spec, inputs=inputs, **rest)
        return subject.report_model(
            report, Parents(Tree.own(tmp_path, "cpu"), list(nodes.values()))
        )

    return gathered


def test_a_paper_is_told_from_its_records(gathered):
    model = gathered()
    (paper,) = model.papers
    (figure,) = paper.figures
    assert [row.claim for row in paper.verdicts] == ["half-is-more", "all-is-less"]
    assert (figure.title, figure.size, figure.footer) == ("One", (400, 200), "demo · seeds 0-2")
    assert figure.tables == ("summary",)
    assert [step.id for step in figure.lineage] == [
        "demo/run/main/00",
        "demo/table/summary",
        "demo/figure/F1",
    ]
    assert paper.code == {
        "papers/demo/figures.py": "# figures\n",
        "papers/demo/tables.py": "# tables\n",
    }
    assert set(figure.code) == set(paper.code)
    assert (paper.cost.jobs, paper.cost.trainings, paper.cost.seconds) == (5, 2, 7.5)
    assert repr(model) == repr(gathered())


def test_pages_of_chosen_papers_find_the_tree_one_folder_further_up(gathered):
    assert gathered().root == ".."
    assert gathered(below="reports/demo+other").root == "../.."


def test_blocks_are_made_from_tables_and_stand_beside_their_figure(gathered):
    def blocks(tables):
        assert list(tables) == ["summary"]
        with pytest.raises(KeyError, match=r"no figure reads a table 'sumary'.*summary"):
            tables["sumary"]
        largest = tables["summary"]["value"].max()
        return [Block("F1", title, "", f"<p>{largest}</p>") for title in ("b", "a")]

    (figure,) = gathered(blocks).papers[0].figures
    assert [(block.title, block.html) for block in figure.blocks] == [
        ("b", "<p>0.75</p>"),
        ("a", "<p>0.75</p>"),
    ]


def test_a_block_of_no_figure_is_refused(gathered):
    with pytest.raises(ValueError, match=r"explorables:blocks: there is no figure 'F2'.*F1"):
        gathered(lambda tables: [Block("F2", "", "", "")])


def test_figures_stand_in_the_order_of_the_papers_numbers():
    names = [
        "fig10",
        "control",
        "fig7-more",
        "F2",
        "fig7",
        "appA",
        "F10",
        "F1",
        "fig7b",
        "training",
    ]
    assert paper_order(names) == [
        *("fig7", "fig7-more", "fig7b", "fig10"),
        *("control", "F1", "F2", "F10", "appA", "training"),
    ]


def test_a_verdict_that_other_rounding_makes_inconclusive_is_not_the_same(make):
    told = "reproduced here, inconclusive with other rounding"
    rows = [
        make.row(other_rounding="reproduced (62)"),
        make.row(verdict="inconclusive", other_rounding="inconclusive (9)", reason=told),
        make.row(verdict="not tested", other_rounding="not tested (9)", reason="toy sizes"),
        make.row(),
    ]
    assert agreement(rows) == (2, 3)
