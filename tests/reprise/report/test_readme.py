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
    findings,
    plain,
    readme_faults,
    readmes,
    replace_block,
    strip,
    summary,
)
from reprise.results import csv_bytes
from reprise.specs.claims import SYMBOL

TEXT = "# Title\n\n<!-- verdicts:begin -->\nold\n<!-- verdicts:end -->\n\nRest\n"


def test_summary_counts_the_verdicts_of_each_row(make):
    lines = summary("Of", {"Pearce": make.paper().verdicts, "None yet": []}).splitlines()
    assert lines == [
        "| Of | ✓ reproduced | ◐ partly | ? inconclusive | ✗ contradicted | – not tested |",
        "| --- | --: | --: | --: | --: | --: |",
        "| Pearce | 2 | 1 | 1 | 1 | 1 |",
        "| None yet | 0 | 0 | 0 | 0 | 0 |",
    ]


@pytest.mark.parametrize(("platform", "seconds"), [("cpu", 60.0), ("gpu", 90.0)])
def test_a_job_costs_what_it_took_of_a_core_or_as_long_as_it_had_a_device(platform, seconds):
    done = {"wall_s": 90.0, "cpu_s": 60.0, "device": {"platform": platform}}
    assert subject._core_s(SimpleNamespace(execution=done)) == seconds


def test_headlines_come_first_and_bounds_of_ours_are_marked(make):
    rows = {row.claim: replace(row, statement="Late.") for row in make.paper().verdicts}
    theirs = replace(rows["width"], threshold_source="paper: Its Figure 1.")
    told = {"loss": "✗ contradicted, 3 of 4 seeds", "width": "◐ partly, 3 of 4 seeds"}
    assert subject._claims([rows["loss"]], [theirs], told).splitlines()[2:] == [
        "| **Late.** | ≤ 1e-7° | 1.34e-6 | 80 | ✗ contradicted, 3 of 4 seeds |",
        "| Late. | ≥ 10 | 3,600 (3,100 to 4,300) | 80 | ◐ partly, 3 of 4 seeds |",
    ]


def test_an_unknown_headline_names_the_nearest_claim(make):
    paper = small(headlines=SimpleNamespace(claims=["los"]))
    with pytest.raises(ValueError, match=r"'los'.*'loss'"):
        subject._judged(paper, {"cpu": make.paper().verdicts})


def small(**changes):
    """A paper as its ``paper.yaml`` tells it, as far as pages need it."""
    first = SimpleNamespace(claim="delay", says="It is right | late.", measure="steps ÷ steps")
    shown = SimpleNamespace(of_readme=[first], claims=("delay",), figures=("F1",))
    values = {
        "key": "demo",
        "authors": "Ada, Bob",
        "year": 2024,
        "headlines": shown,
        "figures": {"F1": SimpleNamespace(title="A picture")},
    }
    return SimpleNamespace(**values | changes)


@pytest.mark.parametrize("verdict", ["reproduced", "contradicted"])
def test_the_finding_of_a_paper_is_shown_whatever_its_verdict(make, verdict):
    row = make.row(paper="demo", verdict=verdict)
    (line,) = findings([small()], {"demo": {"cpu": [row]}}).splitlines()[2:]
    says = r"| [Ada et al. 2024](src/papers/demo/README.md): It is right \| late. Measured: steps"
    assert line.startswith(says)
    end = f"(`demo/delay`) | 80 | 62.1 | {SYMBOL[verdict]} {verdict}, 3 of 4 seeds |"
    assert line.endswith(end)


def test_a_paper_without_headline_has_no_finding():
    paper = small(headlines=SimpleNamespace(of_readme=[]))
    assert len(findings([paper], {"demo": {}}).splitlines()) == 2


def test_hostile_statements_stay_in_their_cell(make):
    row = make.row(statement="a|b\n| c <script>x</script> `[l](javascript:x)`")
    (line,) = subject._claims([], [row], {"delay": "✓"}).splitlines()[2:]
    assert line.replace(r"\|", "").count("|") == 6
    assert "<" not in line
    assert r"\[l\](javascript:x)" in line


def test_plain_text_is_left_alone():
    assert plain("W_input at 50 % (n = 8)") == "W_input at 50 % (n = 8)"


def test_strip_has_rows_of_the_given_width():
    figures = {name: SimpleNamespace(title=f"Figure <{name}>") for name in "abcde"}
    paper = small(figures=figures, headlines=SimpleNamespace(figures=tuple(figures)))
    lines = strip(paper, "results/cpu").splitlines()
    assert lines.count("<tr>") == lines.count("</tr>") == 2
    assert lines[0] == "<table>"
    assert lines[-1] == "</table>"
    assert lines[2] == (
        '<td width="33%" valign="top"><a href="results/cpu/demo/figures/a.svg">'
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


CONTROL = {"kind": "control", "statistic": 0.5}


def judge(folder, *rows):
    """Make ``rows`` the verdicts of the paper in the tree ``folder``."""
    frame = pd.DataFrame([asdict(row) for row in rows])
    (folder / "demo" / "verdicts.csv").write_bytes(csv_bytes(frame))


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
    judge(folder, make.row(paper="demo"), make.row("own", paper="demo", **CONTROL))
    pages = {
        tmp_path / "README.md": ("picture", "findings", "costs", "verdicts"),
        tmp_path / "papers" / "demo" / "README.md": ("figures", "costs", "verdicts"),
    }
    (tmp_path / "papers" / "demo").mkdir(parents=True)
    for page, names in pages.items():
        blocks = [f"<!-- {name}:begin -->former<!-- {name}:end -->" for name in names]
        page.write_text("\n".join(["# Page", *blocks]))
    return Project(tmp_path), folder


def test_pages_say_what_the_published_tree_says(published):
    project, folder = published
    texts = readmes(project, [small()], "cpu", folder)
    main, own = texts.values()
    assert main.startswith("# Page\n") and own.startswith("# Page\n") and "former" not in main + own
    assert "steps ÷ steps (`demo/delay`) | 80 | 62.1 | ✓ reproduced, 3 of 4 seeds |" in main
    assert "| [Ada et al. 2024](src/papers/demo/README.md) | 1 | 0 | 0 | 0 | 0 |" in main
    assert "| **Together** | 1 | 0 | 0 | 0 | 0 |" in main
    assert 'src="results/published/cpu/demo/figures/F1.png" alt="A picture"' in main
    assert "| `make replicate` | 3 | 4.5 s | 2.2 s |" in main
    assert "| `make figure FIG=demo/F1` | 3 | 4.5 s | 2.2 s |" in main
    assert 'src="../../../results/published/cpu/demo/figures/F1.png"' in own
    assert own.index("### Findings") < own.index("10° | 62.1") < own.index("### Our controls")
    assert own.index("### Our controls") < own.index("| 0.5 | 80 |")
    assert "| main/00 | 3 | 1,234 | 2 s | float32 |" in own
    for path, text in texts.items():
        path.write_text(text)
    assert readmes(project, [small()], "cpu", folder) == texts


def test_what_a_larger_scale_says_stands_in_the_place_of_a_smaller_one(published, make):
    project, folder = published
    night = folder.with_name("night")
    shutil.copytree(folder, night)
    changed = make.row(paper="demo", verdict="inconclusive", statistic=9.0)
    judge(night, changed, make.row("own", paper="demo", **CONTROL))
    main, own = readmes(project, [small(), small(key="later")], "night", night).values()
    assert "| 9 | ? inconclusive, 3 of 4 seeds, at `night`; at `cpu` ✓ reproduced |" in main
    assert "| [Ada et al. 2024](src/papers/demo/README.md), `cpu` | 1 | 0 | 0 | 0 | 0 |" in main
    assert "| [Ada et al. 2024](src/papers/demo/README.md), `night` | 0 | 0 | 1 | 0 | 0 |" in main
    assert "| **Together, each at its largest scale** | 0 | 0 | 1 | 0 | 0 |" in main
    assert 'src="results/published/night/demo/figures/F1.png"' in main
    assert "| `make replicate SCALE=night`, beside `cpu` | 3 |" in main
    assert "| Our controls, `night` | 1 | 0 | 0 | 0 | 0 |" in own
    assert "| ✓ reproduced, 3 of 4 seeds, at `night` |" in own


def test_a_claim_that_was_stated_after_the_smaller_scale_was_published_is_told(published, make):
    project, folder = published
    night = folder.with_name("night")
    shutil.copytree(folder, night)
    judge(night, make.row(paper="demo"), make.row("new", paper="demo", verdict="partly"))
    _, own = readmes(project, [small()], "night", night).values()
    assert "| ◐ partly, 3 of 4 seeds, at `night` |" in own


@pytest.mark.parametrize(
    ("page", "words", "edit"),
    [
        ("README.md", "✓ reproduced, 3", "✗ contradicted, 3"),
        ("README.md", "| 62.1 |", "| 92.1 |"),
        ("README.md", "`demo/delay`", "`demo/own`"),
        ("README.md", "| **Together** | 1 |", "| **Together** | 2 |"),
        ("papers/demo/README.md", "✓ reproduced, 3", "✗ contradicted, 3"),
        ("papers/demo/README.md", "| Our controls | 1 |", "| Our controls | 2 |"),
    ],
)
def test_a_page_that_says_something_else_is_named(published, page, words, edit):
    project, folder = published
    for path, text in readmes(project, [small()], "cpu", folder).items():
        path.write_text(text)
    assert readme_faults(project, [small()]) == {}
    path = project.path(page)
    assert words in path.read_text()
    path.write_text(path.read_text().replace(words, edit, 1))
    (line,) = readme_faults(project, [small()]).values()
    assert edit in line


def test_another_choice_of_claims_and_words_is_no_fault(published):
    project, folder = published
    for path, text in readmes(project, [small()], "cpu", folder).items():
        path.write_text(text)
    first = SimpleNamespace(claim="own", says="Other words.", measure="ratio")
    chosen = small(headlines=SimpleNamespace(first=first, claims=(), figures=()))
    assert readme_faults(project, [chosen]) == {}
