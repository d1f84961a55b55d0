"""Blocks of the READMEs: what stands in them, and that nothing else is touched."""

import shutil
from dataclasses import asdict, replace
from types import SimpleNamespace

import pandas as pd
import pytest
from small_world import EXECUTION, World, small_graph

from reprise.project import Project
from reprise.report import readme as subject
from reprise.report.readme import (
    headlines,
    plain,
    readme_faults,
    readmes,
    replace_block,
    strip,
    summary,
)
from reprise.storage.frames import csv_bytes

TEXT = "# Title\n\n<!-- verdicts:begin -->\nold\n<!-- verdicts:end -->\n\nRest\n"


HEADS = "| Findings of | ✓ reproduced | ◐ partly | ? inconclusive | ✗ contradicted | – not tested |"


def test_summary_counts_by_paper_and_together(make):
    rows = [*make.paper().verdicts, make.row(paper="dai2022")]
    titles = {"pearce2023": "Memorize | Generalize?", "dai2022": "Why?", "empty2024": "None yet"}
    assert summary(rows, titles).splitlines() == [
        HEADS,
        "| --- | --: | --: | --: | --: | --: |",
        r"| Memorize \| Generalize? | 1 | 1 | 1 | 1 | 1 |",
        "| Why? | 1 | 0 | 0 | 0 | 0 |",
        "| None yet | 0 | 0 | 0 | 0 | 0 |",
        "| **All findings** | **2** | **1** | **1** | **1** | **1** |",
        "| Published critiques | 0 | 0 | 0 | 0 | 0 |",
        "| Our controls | 1 | 0 | 0 | 0 | 0 |",
        "| Derivations (no trained network) | 0 | 0 | 0 | 0 | 0 |",
    ]


def test_headlines_come_in_the_chosen_order(make):
    rows = [replace(row, statement="Late.") for row in make.paper().verdicts]
    table = headlines(rows, ["pearce2023/loss", "pearce2023/width"])
    assert table.splitlines()[2:] == [
        "| Late. | ≤ 1e-7 | 1.34e-6 | 80 | ✗ contradicted, 3 of 4 seeds |",
        "| Late. | ≥ 10 | 3600 (3100 to 4300) | 80 | ◐ partly, 3 of 4 seeds |",
    ]


def test_an_unknown_headline_names_the_nearest_claim(make):
    with pytest.raises(ValueError, match=r"'pearce2023/los'.*'pearce2023/loss'"):
        headlines(make.paper().verdicts, ["pearce2023/los"])


def test_hostile_statements_stay_in_their_cell(make):
    row = make.row(statement="a|b\n| c <script>x</script> `[l](javascript:x)`")
    (line,) = headlines([row], ["pearce2023/delay"]).splitlines()[2:]
    assert line.replace(r"\|", "").count("|") == 6
    assert "<" not in line
    assert r"\[l\](javascript:x)" in line


def test_plain_text_is_left_alone():
    assert plain("W_input at 50 % (n = 8)") == "W_input at 50 % (n = 8)"


def test_strip_has_rows_of_the_given_width():
    figures = {name: SimpleNamespace(title=f"Figure <{name}>") for name in "abcde"}
    shown = SimpleNamespace(figures=tuple(figures))
    paper = SimpleNamespace(key="demo", figures=figures, headlines=shown)
    lines = strip([paper], "results/cpu", columns=2).splitlines()
    assert lines.count("<tr>") == lines.count("</tr>") == 3
    assert lines[0] == "<table>"
    assert lines[-1] == "</table>"
    assert lines[2] == (
        '<td width="50%" valign="top"><a href="results/cpu/demo/figures/a.svg">'
        '<img src="results/cpu/demo/figures/a.png" alt="Figure &lt;a&gt;"></a>'
        "<br><sub>Figure &lt;a&gt;</sub></td>"
    )


def test_replace_block_keeps_everything_else():
    new = replace_block(TEXT, "verdicts", "\n| a |\n")
    assert new == TEXT.replace("old", "| a |")
    assert replace_block(new, "verdicts", "| a |") == new
    assert replace_block(new, "verdicts", r"\1 \g<0>").count(r"\1 \g<0>") == 1


@pytest.mark.parametrize(
    "text",
    [
        "no block",
        TEXT.replace("<!-- verdicts:end -->", ""),
        TEXT + TEXT,
        "<!-- verdicts:end --> <!-- verdicts:begin -->",
    ],
)
def test_replace_block_needs_one_block(text):
    with pytest.raises(ValueError, match="block 'verdicts' needs"):
        replace_block(text, "verdicts", "x")


def test_content_cannot_close_its_block():
    with pytest.raises(ValueError, match="holds one of its markers"):
        replace_block(TEXT, "verdicts", "<!-- verdicts:end --> more")


@pytest.fixture
def published(tmp_path, monkeypatch, make):
    """A project with a published tree of one small paper, and pages whose blocks are old."""
    more = {"members": 3, "member_steps_per_s": 1234.5}
    monkeypatch.setattr("small_world.EXECUTION", EXECUTION | more)
    monkeypatch.setattr(subject, "papers_folder", lambda: tmp_path / "papers")
    world = World(tmp_path, small_graph(run={"run": {"dtype": "float32"}}))
    for node in world.graph.nodes.values():
        world.make(node)
    folder = tmp_path / "results" / "published" / "cpu"
    folder.parent.mkdir()
    (tmp_path / "results" / "cpu").rename(folder)
    shutil.rmtree(folder / "demo" / "runs" / "alone")
    rows = pd.DataFrame([asdict(make.row(paper="demo"))])
    (folder / "demo" / "verdicts.csv").write_bytes(csv_bytes(rows))
    blocks = [f"<!-- {name}:begin -->old<!-- {name}:end -->" for name in ("verdicts", "costs")]
    strip_block = "<!-- figures:begin -->old<!-- figures:end -->"
    (tmp_path / "papers" / "demo").mkdir(parents=True)
    (tmp_path / "papers" / "demo" / "README.md").write_text("\n".join(["# Demo", *blocks]))
    (tmp_path / "README.md").write_text("\n".join(["# All", *blocks, strip_block]))
    shown = SimpleNamespace(claims=("delay",), figures=("F1",))
    return tmp_path, SimpleNamespace(
        key="demo",
        authors="Ada, Bob",
        year=2024,
        title="Small",
        headlines=shown,
        figures={"F1": SimpleNamespace(title="A picture")},
    )


def test_pages_say_what_the_published_tree_says(published):
    root, paper = published
    texts = readmes(Project(root), [paper], "cpu")
    main, own = texts[root / "README.md"], texts[root / "papers" / "demo" / "README.md"]
    assert main.startswith("# All\n") and own.startswith("# Demo\n") and "old" not in main + own
    assert "| Ada et al. 2024, Small | 1 | 0 | 0 | 0 |" in main
    assert "| It generalises ten times later than it fits. | ≥ 10 | 62.1 |" in main
    assert 'src="results/published/cpu/demo/figures/F1.png" alt="A picture"' in main
    assert "| demo | 3 | 0 min | 0 min |" in main
    assert "| main/00 | 3 | 1,234 | 2 s | float32 |" in own
    for path, text in texts.items():
        path.write_text(text)
    assert readmes(Project(root), [paper], "cpu") == texts


def test_a_page_that_says_another_verdict_is_named(published):
    root, paper = published
    for path, text in readmes(Project(root), [paper], "cpu").items():
        path.write_text(text)
    assert readme_faults(Project(root), [paper], "cpu") == {}
    page = root / "papers" / "demo" / "README.md"
    page.write_text(page.read_text().replace("✓ reproduced", "✗ contradicted"))
    (line,) = readme_faults(Project(root), [paper], "cpu").values()
    assert line.endswith("| ✗ contradicted, 3 of 4 seeds |")
