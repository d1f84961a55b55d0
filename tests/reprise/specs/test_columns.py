"""The data dictionary: what has no meaning is named, and published tables have one."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from reprise.graph.closure import definition_digests
from reprise.records.record import read_record
from reprise.results import parse_csv
from reprise.specs import load
from reprise.specs.errors import ConfigError, validate
from reprise.specs.load import Config, load_columns, load_paper, load_papers
from reprise.specs.paper import Columns, Dictionary

PUBLISHED = Path(__file__).resolve().parents[3] / "results" / "published" / "cpu"


def file(**content: Any) -> Columns:
    return validate(Columns, content, "columns.yaml")


def column(unit: str, meaning: str, **more: Any) -> dict[str, Any]:
    return {"unit": unit, "meaning": meaning, **more}


OWN = file(
    columns={
        "kind": column("text", "Which network.", values={"wide": "A wide one.", "lsa*": "Linear."}),
        "neuron_#": column("1", "Weight of the neuron."),
    },
    tables={"curves": {"step": column("steps", "Snapshot's step.")}},
)
SHARED = file(columns={"step": column("steps", "Training step."), "seed": column("index", "Seed.")})
KNOWN = Dictionary((OWN, SHARED))


@pytest.mark.parametrize(
    ("table", "name", "meaning"),
    [
        ("curves", "step", "Snapshot's step."),
        ("others", "step", "Training step."),
        ("others", "neuron_12", "Weight of the neuron."),
        ("others", "seed", "Seed."),
    ],
)
def test_the_nearest_file_says_what_a_column_holds(table: str, name: str, meaning: str) -> None:
    found = KNOWN.column(table, name)
    assert found is not None and found.meaning == meaning


def test_what_has_no_meaning_is_named() -> None:
    frame = pd.DataFrame({"kind": ["wide", "lsa6", None, "deep"], "neuron": 0, "neuron_3": 1.0})
    assert list(KNOWN.faults("curves", frame)) == [
        "tables.curves: kind 'deep' has no meaning",
        "tables.curves: the column 'neuron' has no meaning and no unit",
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"columns": {"a": column("step", "A step.")}}, r"unit.*did you mean 'steps'"),
        ({"columns": {"a": {"unit": "1"}}}, "columns.a.meaning: required field is missing"),
        ({"columns": {"a b": column("1", "A thing.")}}, "pattern"),
        ({"columns": {"a": column("1", "")}}, "at least 5 characters"),
        ({"tables": {"summry": {"a": column("1", "A thing.")}}}, "no table 'summry'.*'summary'"),
    ],
)
def test_a_wrong_file_is_an_error_of_its_author(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, Any], says: str
) -> None:
    paper = load_paper("pearce2023", Config())
    paper = paper.model_copy(update={"tables": {"summary": paper.tables["main_summary"]}})
    monkeypatch.setattr(load, "papers_folder", lambda: tmp_path)
    for key, written in (("pearce2023", content), ("shared", {"columns": {}})):
        (tmp_path / key).mkdir()
        (tmp_path / key / "columns.yaml").write_text(yaml.safe_dump(written))
    with pytest.raises(ConfigError, match=says):
        load_columns(paper)


def test_published_tables_of_today_are_explained() -> None:
    checked = 0
    for paper in load_papers(Config(scale="cpu")):
        known = load_columns(paper)
        for name in paper.tables:
            path = PUBLISHED / paper.key / "tables" / f"{name}.csv"
            if path.is_file() and made_by_code_of_today(path.with_suffix(".record.json")):
                with path.open("rb") as file:
                    assert list(known.faults(name, parse_csv(file))) == []
                checked += 1
    if not checked:
        pytest.skip("the published tables are all of an earlier release")


def made_by_code_of_today(record: Path) -> bool:
    code = read_record(record).code
    recorded = {name: digest for name, digest in code.items() if name.startswith("papers.")}
    return bool(recorded) and definition_digests(recorded) == recorded
