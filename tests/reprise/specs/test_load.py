"""Config and papers: resolved for scale, seeds, numerics and overrides; faults named precisely."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_paper import PAPER

from reprise.specs import load as module
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config, load_config, load_paper, load_papers, schemas
from reprise.specs.runs import jobs
from reprise.specs.yamlfile import read_yaml

Write = Callable[..., Path]

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = ROOT / "workflow" / "schemas"


def changed(path: str, value: Any) -> dict[str, Any]:
    """``PAPER`` with the value at a path of ``/``-separated parts set."""
    data = copy.deepcopy(PAPER)
    *parents, last = path.split("/")
    holder = data
    for part in parents:
        holder = holder[part]
    holder[last] = value
    return data


def config(**choices: Any) -> Config:
    return Config(**choices)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scal: cpu", ["config.yaml: scal: unknown field", "did you mean 'scale'?"]),
        ("scale: smok", ["scale: \"smok\" is not valid", "did you mean 'smoke'?"]),
        ("scale: 3", ["config.yaml: scale", "3"]),
        ("papers: [smal2024]", ["papers: 'smal2024' does not exist", "did you mean 'small2024'?"]),
        ("papers: small2024", ["config.yaml: papers", "small2024"]),
        ("papers: []", ["config.yaml: papers", "at least 1"]),
        ("seeds: 0", ["config.yaml: seeds", "greater than 0", "value: 0"]),
        ("seeds: '3'", ["config.yaml: seeds", "integer", '"3"']),
        ("seeds: 1.5", ["config.yaml: seeds", "integer", "1.5"]),
        ("numerics: F64", ["numerics: \"F64\" is not valid", "did you mean 'f64'?"]),
        ("numerics: bfloat16", ["numerics: \"bfloat16\" is not valid", "did you mean 'bf16'?"]),
        ("numerics: faster", ["numerics: \"faster\" is not valid", "did you mean 'fast'?"]),
        ("numerics: tf32", ["numerics: \"tf32\" is not valid", "'bf16'"]),
        ("overrides: {smal2024.runs.main.steps: 5}", ["no paper 'smal2024'", "'small2024'"]),
        ("overrides: [1]", ["config.yaml: overrides"]),
    ],
)  # fmt: skip
def test_a_wrong_choice_names_path_value_and_nearest(
    write_config: Write, text: str, words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write_config(text))
    for word in words:
        assert word in str(caught.value)


def test_one_line_per_fault(write_config: Write) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write_config("scale: x\nseeds: -1\nnumeric: exact\n"))
    assert len(str(caught.value).splitlines()) == 3


def test_text_in_overrides_of_the_command_line_is_what_it_says(write_config: Write) -> None:
    """Snakemake's ``--config`` hands over text wherever something is nested."""
    given = {"a": "0.5", "b": "true", "c": "adamw", "d": ["1", "x"], "e": "null", "f": 2, "g": ""}
    overlay = {"overrides": {f"small2024.{name}": value for name, value in given.items()}}
    assert load_config(write_config("scale: cpu\n"), overlay).overrides == {
        "small2024.a": 0.5,
        "small2024.b": True,
        "small2024.c": "adamw",
        "small2024.d": [1, "x"],
        "small2024.e": None,
        "small2024.f": 2,
        "small2024.g": "",
    }


def test_options_lie_on_top_of_the_file(write_config: Write) -> None:
    file = write_config("scale: gpu\nseeds: 3\n")
    assert load_config(file, {"scale": "smoke"}) == Config(scale="smoke", seeds=3)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("titel", "x", ["titel: unknown field", "did you mean 'title'?"]),
        ("runs/main/optimizer/weigth_decay", 1.0, [
            "runs.main.optimizer.weigth_decay: unknown field", "'weight_decay'"]),
        ("runs/main/task/name", "paritty", ["runs.main.task.name: 'paritty'", "'parity'"]),
        ("runs/main/optimizer/b1", 1.0, ["runs.main.optimizer.b1", "less than 1", "1.0"]),
        ("runs/main/optimizer/learning_rate", "0.1", ["learning_rate", "number", '"0.1"']),
        ("runs/main/steps", 2001, ["runs.main", "log_every must divide steps=2001"]),
        ("runs/main/phases", [{"until": 9000, "task": {"digits": 5}}], ["before steps="]),
        ("runs/main/phases", [{"until": 9, "task": {"digit": 5}}],
            ["phases.0.task", "'digit'", "did you mean 'digits'?"]),
        ("runs/main/phases", [{"until": 9, "task": {"digits": "x"}}], ["phases.0.task.digits"]),
        ("runs/main/task/relevant", 9, ["runs.main.task", "at most digits=8"]),
        ("runs/main/members", {"seed": []}, ["members.seed must list one or more"]),
        ("runs/main/members", {"seed": [0, 0]}, ["members.seed", "different"]),
        ("runs/main/members", {"seed": ["a"]}, ["members.seed", "whole numbers"]),
        ("runs/main/members", {"seed": [0.5]}, ["members.seed", "whole numbers"]),
        ("runs/main/members", {"seed": [True]}, ["members.seed", "whole numbers"]),
        ("runs/main/members", {"seed": [2**32]}, ["members.seed", "whole numbers"]),
        ("runs/main/members", {"seed": {"first": "a", "last": 2}}, ["members.seed", "first"]),
        ("runs/main/members", {"seed": {"first": 0, "last": 10**12}}, ["members.seed"]),
        ("runs/main/members", {"optimizer.l1": [0.0]}, ["members must have the axis 'seed'"]),
        ("runs/main/scales", {"smok": {"steps": 3}}, ["scales.smok", "unknown scale", "'smoke'"]),
        ("runs/main/scales", 3, ["runs.main.scales", "mapping"]),
        ("runs/main/scales", {"cpu": 3}, ["runs.main.scales.cpu", "mapping"]),
        ("runs/main/scales", {"cpu": {"steps.x": 3}}, ["runs.main.scales.cpu.steps.x", "steps"]),
        ("runs", [1], ["runs: input should be an object", "[1]"]),
        ("runs/main", 7, ["runs.main"]),
        ("tables/summary/runs", ["mian"], ["tables.summary.runs names 'mian'", "'main'"]),
        ("figures/F1-accuracy/tables", ["sumary"], ["figures.F1-accuracy.tables", "'summary'"]),
        ("tables/summary/entry", "os.system", ["tables.summary.entry"]),
        ("tables/summary/entry", "..os:system", ["tables.summary.entry"]),
        ("runs/..%2Fx", PAPER["runs"]["main"], ["runs"]),
        ("key", "other", ["key: 'other' must be the folder's name 'small2024'"]),
    ],
)  # fmt: skip
def test_a_wrong_paper_names_file_path_and_value(
    write_paper: Write, path: str, value: Any, words: list[str]
) -> None:
    write_paper(changed(path, value))
    with pytest.raises(ConfigError) as caught:
        load_paper("small2024", config())
    for word in ["papers/small2024/paper.yaml", *words]:
        assert word in str(caught.value)


def test_a_scale_changes_what_it_names_and_nothing_else(write_paper: Write) -> None:
    base = load_paper("small2024", config(scale="cpu")).runs["main"]
    smoke = load_paper("small2024", config(scale="smoke")).runs["main"]
    gpu = load_paper("small2024", config(scale="gpu")).runs["main"]
    assert (base.steps, base.model.hidden, base.members["seed"]) == (2000, 16, [0, 1, 2])
    assert (smoke.steps, smoke.model.hidden, smoke.members["seed"]) == (200, 4, [5])
    assert smoke.optimizer == base.optimizer
    assert smoke.members["optimizer.weight_decay"] == [0.1, 0.2]
    assert gpu.members == {"seed": [0, 1, 2], "optimizer.weight_decay": [1.0]}
    assert load_paper("small2024", config(scale="paper")).runs["main"] == base


def test_a_scale_of_one_run_leaves_another_that_shares_an_anchor_alone(write_paper: Write) -> None:
    data = copy.deepcopy(PAPER)
    data["runs"]["other"] = {**data["runs"]["main"], "scales": {}}
    write_paper(data)
    runs = load_paper("small2024", config(scale="smoke")).runs
    assert (runs["main"].model.hidden, runs["other"].model.hidden) == (4, 16)
    assert runs["other"].members["seed"] == [0, 1, 2]


@pytest.mark.parametrize(("seeds", "expected"), [(2, [0, 1]), (3, [0, 1, 2]), (5, [0, 1, 2, 3, 4])])
def test_seeds_shorten_or_continue_the_papers_own(
    write_paper: Write, seeds: int, expected: list[int]
) -> None:
    run = load_paper("small2024", config(seeds=seeds)).runs["main"]
    assert run.members["seed"] == expected


def test_f64_makes_every_run_double(write_paper: Write) -> None:
    assert load_paper("small2024", config(numerics="f64")).runs["main"].dtype == "float64"


@pytest.mark.faults
@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("runs.main.optimizer.weight_dekay", 1.0, ["no such parameter", "weight_decay"]),
        ("runs.mian.steps", 5, ["no such parameter", "small2024.runs.main.steps"]),
        ("runs.main.steps", "many", ["small2024.runs.main.steps", "integer", '"many"']),
        ("runs.main.optimizer.b1", 2.0, ["small2024.runs.main.optimizer.b1", "less than 1"]),
    ],
)
def test_a_wrong_override_names_path_value_and_nearest(
    write_paper: Write, path: str, value: Any, words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_paper("small2024", config(overrides={f"small2024.{path}": value}))
    for word in ["config.yaml: overrides", *words]:
        assert word in str(caught.value)


def test_an_override_reaches_a_parameter_whose_default_is_not_written(write_paper: Write) -> None:
    overrides = {
        "small2024.runs.main.optimizer.b2": 0.98,
        "small2024.runs.main.members.optimizer.weight_decay": [0.5],
    }
    run = load_paper("small2024", config(overrides=overrides)).runs["main"]
    assert run.optimizer.b2 == 0.98
    assert run.members["optimizer.weight_decay"] == [0.5]


def test_papers_come_once_and_in_their_order(write_paper: Write) -> None:
    write_paper({**PAPER, "key": "zebra2020", "order": -1}, "zebra2020")
    assert [paper.key for paper in load_papers(config())] == ["zebra2020", "small2024"]
    twice = config(papers=["small2024", "small2024"])
    assert [paper.key for paper in load_papers(twice)] == ["small2024"]


def nodes(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Path of every value inside ``data``."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    found = []
    for name, value in items:
        found.append((*path, name))
        if isinstance(value, dict | list):
            found += nodes(value, (*path, name))
    return found


odd_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8), st.just([]), st.just({}), st.just({"first": 1, "last": 0}),
    st.lists(st.integers(-2, 3), max_size=3),
    st.dictionaries(st.sampled_from(["name", "seed", "steps", "cpu", "a.b"]), st.integers()),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_any_damage_to_a_paper_is_a_config_error_or_a_valid_paper(
    write_paper: Write, data: st.DataObject
) -> None:
    paper = copy.deepcopy(PAPER)
    for _ in range(data.draw(st.integers(1, 2))):
        *parents, last = data.draw(st.sampled_from(nodes(paper)))
        holder = paper
        for part in parents:
            holder = holder[part]
        holder[last] = data.draw(odd_values)
    write_paper(paper)
    scale = data.draw(st.sampled_from(["cpu", "smoke", "gpu"]))
    choices = config(scale=scale, seeds=data.draw(st.sampled_from([None, 2])))
    try:
        loaded = load_paper("small2024", choices)
    except ConfigError as error:
        loaded = None
        message = str(error)
    if loaded is None:
        assert "paper.yaml: " in message
        return
    for run in loaded.runs.values():
        assert all(isinstance(seed, int) for seed in run.members["seed"])
        try:
            count, message = sum(len(job.members) for job in jobs(run)), ""
        except ValueError as error:
            count, message = 0, str(error)
        assert count >= 1 or message.startswith("members.optimizer.weight_decay=")


@pytest.mark.parametrize("name", ["config", "claims", "columns"])
def test_the_committed_json_schemas_are_those_of_the_models(name: str) -> None:
    """Those of papers are written on demand: a new paper has none."""
    file = f"{name}.schema.json"
    assert (SCHEMAS / file).read_text("utf-8") == schemas()[file], "run: reprise schemas"


def test_the_schema_of_papers_accepts_what_the_loader_accepts() -> None:
    schema = json.loads(schemas()["pearce2023.schema.json"])
    jsonschema.validate(PAPER, schema)
    for path, value in [
        ("runs/main/scales", {"smok": {"steps": 3}}),
        ("runs/main/members", {"seed": {"frist": 0, "last": 1}}),
        ("runs/main/stepz", 3),
        ("tables/summary/entry", 3),
    ]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(changed(path, value), schema)


def test_the_schema_of_config_accepts_the_projects_own() -> None:
    schema = json.loads(schemas()["config.schema.json"])
    jsonschema.validate(read_yaml(ROOT / "config.yaml"), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"scal": "cpu"}, schema)


TABLE = """# Paper

## Deviations

| what | paper | ours | why |
|---|---|---|---|
| **steps** | `100` | 50 | time |

Text below.

## More

| a | b |
|---|---|
| 1 | 2 |
"""


def written(tmp_path, monkeypatch, text):
    (tmp_path / "small2024").mkdir()
    (tmp_path / "small2024" / "README.md").write_text(text)
    monkeypatch.setattr(module, "papers_folder", lambda: tmp_path)


def test_rows_of_its_own_section_only_without_markup(tmp_path, monkeypatch):
    written(tmp_path, monkeypatch, TABLE)
    assert module.deviations("small2024") == [["steps", "100", "50", "time"]]


def test_a_row_with_too_few_cells_is_named(tmp_path, monkeypatch):
    written(tmp_path, monkeypatch, TABLE.replace("| 50 | time |", "|"))
    with pytest.raises(ConfigError, match="'steps' has 2 cells, not 4"):
        module.deviations("small2024")


def test_a_paper_without_the_section_is_refused(tmp_path, monkeypatch):
    written(tmp_path, monkeypatch, "# Paper\n")
    with pytest.raises(ConfigError, match="## Deviations"):
        module.deviations("small2024")
