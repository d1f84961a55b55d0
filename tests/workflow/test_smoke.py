"""The whole graph of every paper, end to end through Snakemake, at the smoke scale."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import pandas as pd
import pytest
from benchmarks.time_spent import idle_cores, last_run
from workspace import ROOT, Workspace, build_workspace

from reprise.results import parse_csv
from reprise.specs.load import Config, load_claims, load_columns, load_papers
from reprise.stats.verdicts import COLUMNS

CONFIG = Config(scale="smoke")

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the project with all its papers, replicated by the one command."""
    workspace = build_workspace(tmp_path_factory.mktemp("smoke") / "a folder", papers=True)
    assert "Plan at scale smoke" in workspace.run("--scale", "smoke").stdout
    return workspace


def test_every_figure_table_and_record_is_there(finished: Workspace) -> None:
    for paper in load_papers(CONFIG):
        folder = finished.results / paper.key
        for name in paper.figures:
            svg = folder / "figures" / f"{name}.svg"
            assert ElementTree.parse(svg).getroot().tag.endswith("svg")
            assert svg.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
            assert svg.with_suffix(".record.json").is_file()
        for name in paper.tables:
            # Some are rightly empty here: a network of a few hundred steps has no group of neurons.
            assert len(pd.read_csv(folder / "tables" / f"{name}.csv").columns) > 1


def test_one_table_holds_every_verdict(finished: Workspace) -> None:
    frame = pd.read_csv(finished.results / "report" / "verdicts.csv")
    assert list(frame.columns) == list(COLUMNS)
    expected = {(p.key, name) for p in load_papers(CONFIG) for name in load_claims(p).claims}
    assert set(zip(frame["paper"], frame["claim"], strict=True)) == expected
    assert len(frame) == len(expected)


def test_every_column_has_a_meaning_and_a_unit_and_nothing_else_has(finished: Workspace) -> None:
    for paper in load_papers(CONFIG):
        known, used = load_columns(paper), set()
        for name in paper.tables:
            with (finished.results / paper.key / "tables" / f"{name}.csv").open("rb") as file:
                frame = parse_csv(file)
            assert list(known.faults(name, frame)) == []
            columns = {*frame.columns, *(re.sub(r"\d+$", "#", c) for c in frame.columns)}
            used |= {("", column) for column in columns} | {(name, column) for column in columns}
        own = known.files[0]
        written = {("", column) for column in own.columns}
        written |= {(name, column) for name, columns in own.tables.items() for column in columns}
        assert written - used == set(), f"papers/{paper.key}/columns.yaml: no table has these"


@pytest.fixture
def as_before() -> Iterator[None]:
    """JAX goes back to the precision that it had."""
    wide = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    yield
    jax.config.update("jax_enable_x64", wide)


@pytest.mark.parametrize("key", [paper.key for paper in load_papers(CONFIG)])
def test_its_notebook_runs_and_is_committed_without_outputs(
    finished: Workspace, as_before: None, key: str
) -> None:
    cells = json.loads((ROOT / "notebooks" / f"{key}.ipynb").read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    scope: dict[str, Any] = {}
    for number, cell in enumerate(code):
        assert not cell["outputs"] and cell["execution_count"] is None
        source = "".join(cell["source"]).replace("results/cpu", str(finished.results))
        exec(compile(source, f"{key}.ipynb, code cell {number}", "exec"), scope)  # noqa: S102
    assert scope["results"].scale == "smoke"


def test_everything_is_current_and_nothing_is_left_to_do(finished: Workspace) -> None:
    states = json.loads(finished.call("reprise", "status", "--json", code=0).stdout)
    assert {node["state"] for node in states["nodes"].values()} == {"current"}
    assert finished.predicted() == set()
    assert finished.planned() == set()


def test_every_core_is_accounted_for_at_every_moment(finished: Workspace) -> None:
    run = last_run(finished.root)
    assert run is not None
    states = json.loads(finished.call("reprise", "status", "--json", code=0).stdout)
    assert len(run.records) == len(states["nodes"])
    idle, whole = idle_cores(run), (run.ended - run.began) * run.cores
    jobs = sum(record.execution["wall_s"] for record in run.records)
    assert jobs + idle.engine_s + idle.waiting_s == pytest.approx(whole, rel=0.05)


def test_figures_do_not_grow_beyond_a_page(finished: Workspace) -> None:
    large = [p.name for p in Path(finished.results).rglob("*.svg") if p.stat().st_size > 600_000]
    assert large == []


def test_every_paper_can_be_tried_on_a_page_that_is_whole_and_small(finished: Workspace) -> None:
    pages = {page.name: page for page in (finished.results / "report").glob("*.html")}
    texts = {name: page.read_text("utf-8") for name, page in pages.items()}
    tried = {name for name, text in texts.items() if 'class="explorable"' in text}
    assert tried == {f"{paper.key}.html" for paper in load_papers(CONFIG)}
    assert {name for name, text in texts.items() if "vega.js" in text} == tried
    for name, text in texts.items():
        assert len(text) < 3_000_000
        for script in re.findall(r'<script src="([^"]+)"', text):
            assert (pages[name].parent / script).is_file()
