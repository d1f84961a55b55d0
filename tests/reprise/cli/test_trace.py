"""``reprise trace``: a result by any of its names, in any tree, down to its seeds."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_world import World, judged_world, small_graph

from reprise.audit import verify as trees
from reprise.cli import trace as subject
from reprise.cli.target import open_target
from reprise.cli.trace import show_trace, speed
from reprise.graph.build import Graph
from reprise.project import Project
from reprise.report import trace as told
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config

Traced = Callable[..., tuple[int, str]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project in which everything is made and judged; commands are given in its root."""
    made = judged_world(tmp_path / "project")
    (made.root / "config.yaml").write_text("scale: cpu\n")
    (made.root / "Snakefile").touch()
    monkeypatch.chdir(made.root)
    for module in (trees, subject):
        monkeypatch.setattr(module, "build", lambda config: made.graph)
    row = ["width", "64", "24", "time"]
    monkeypatch.setattr(told, "deviations", lambda key: [row])
    return made


@pytest.fixture
def traced(capsys: pytest.CaptureFixture[str]) -> Traced:
    """Exit code and output of the verb."""

    def call(
        wanted: str, tree: Path | None = None, page: Path | None = None, as_json: bool = False
    ) -> tuple[int, str]:
        code = show_trace(wanted, None, tree, page, as_json)
        return code, capsys.readouterr().out

    return call


def moved(world: World, place: Path) -> Path:
    """The whole tree of ``world``, now at ``place``."""
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(world.root / "results" / "cpu", place)
    return place


def test_a_result_is_found_by_name_id_and_path(world: World) -> None:
    for wanted, kind, name in (
        ("demo/F1", "figure", "F1"),
        ("demo/figure/F1", "figure", "F1"),
        ("demo/summary", "table", "summary"),
        ("demo/main", "run", "main"),
        ("demo/run/main/00", "run", "main/00"),
        ("demo/half-is-more", "claim", "half-is-more"),
        ("demo/claim/half-is-more", "claim", "half-is-more"),
        ("results/cpu/demo/figures/F1.svg", "figure", "F1"),
        ("./results/cpu/demo/figures/F1.svg", "figure", "F1"),
        ("results/cpu/demo/figures/F1.record.json", "figure", "F1"),
        ("results/cpu/demo/verdicts.csv", "verdict", "verdicts"),
    ):
        found = open_target(Project(world.root), wanted, None, None)
        assert (found.target.kind, found.target.name) == (kind, name)
        assert found.recorded and not found.copy


def test_paths_are_seen_from_any_folder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    project, table = Project(world.root), world.output("table")
    folder = world.output("run").parent
    monkeypatch.chdir(world.root / "results" / "cpu" / "demo")
    for wanted in (str(table), "tables/summary.csv", "results/cpu/demo/tables/summary.csv"):
        assert open_target(project, wanted, None, None).target.id == "demo/table/summary"
    assert open_target(project, str(folder), None, None).target.id == "demo/run/main/00"
    assert open_target(project, "demo/F1", None, None).target.id == "demo/figure/F1"


def test_what_is_not_there_is_an_error_that_names_the_nearest(world: World) -> None:
    for wanted, near in (
        ("demo/sumary", "did you mean 'demo/summary'"),
        ("demo/half-is-mor", "did you mean 'demo/half-is-more'"),
        ("half-is-more", "did you mean 'demo/half-is-more'"),
        ("demo/tabel/summary", "did you mean 'demo/table/summary'"),
        ("results/cpu/demo/figures/F2.svg", "did you mean 'demo/figures/F1.svg'"),
        ("", "choose from"),
        ("/nowhere/x.csv", "no such file"),
        ("/etc/passwd", "lies in no result tree"),
        ("results/published/night/x.csv", "is no folder"),
    ):
        with pytest.raises(ConfigError, match=near):
            open_target(Project(world.root), wanted, None, None)


def test_a_claim_says_how_it_was_judged_and_from_what(world: World, traced: Traced) -> None:
    code, out = traced("demo/half-is-more")
    assert code == 0
    lines = {line[:11].strip(): line[12:] for line in out.splitlines()}
    assert lines["verdict"] == "reproduced"
    assert lines["criterion"] == "value, table summary, rows with quantity = b: ≥ 0.75"
    assert lines["threshold"].endswith("half of the paper's gain")
    assert lines["measured"] == "0.75; the paper: 0.8"
    assert lines["gate"].startswith("learned: met. It learned.")
    assert lines["seeds"].startswith("0–2")
    assert lines["took"] == "4.5 s in 3 jobs"
    assert lines["code"] == "commit unknown"
    assert lines["parameters"] == "all as in paper.yaml"
    assert "demo/run/main/00  [current]  1.5 s" in out
    assert "width: 64 -> 24" in out
    assert "F1.svg" not in out


def test_a_figure_names_the_claims_that_are_read_off_it(world: World, traced: Traced) -> None:
    _, out = traced("demo/F1")
    assert "✓ half-is-more: 0.75; the paper: 0.8, asked ≥ 0.75; seeds 0–2" in out
    assert "✗ all-is-less: 0.75, asked ≤ 0.1; seeds 0–2" in out


def test_without_results_of_ones_own_it_is_the_published_copy(world: World, traced: Traced) -> None:
    moved(world, world.root / "results" / "published" / "cpu")
    for wanted in ("demo/F1", "demo/half-is-more", "results/cpu/demo/figures/F1.svg"):
        code, out = traced(wanted)
        assert code == 0
        assert "this is the published copy, results/published/cpu" in out
        assert "[current]" in out
    _, out = traced("results/published/cpu/demo/figures/F1.svg")
    assert "published copy" not in out and "[current]" in out


def test_any_tree_is_named_by_its_folder_or_by_a_path_in_it(
    world: World, traced: Traced, tmp_path: Path
) -> None:
    other = moved(world, tmp_path / "elsewhere")
    code, out = traced("demo/half-is-more", other)
    assert code == 0 and "reproduced" in out
    code, out = traced(str(other / "demo" / "figures" / "F1.svg"))
    assert code == 0 and "demo/figure/F1  [current]" in out
    code, out = traced("demo/F1")
    assert code == 3 and "never made in results/cpu" in out and "[missing]" in out


def test_json_has_every_step_once_with_its_record(world: World, traced: Traced) -> None:
    said = json.loads(traced("demo/F1", as_json=True)[1])
    assert (said["schema"], said["exit_code"], said["tree"]) == (2, 0, "results/cpu")
    assert [step["id"] for step in said["steps"]] == [
        "demo/run/main/00",
        "demo/table/summary",
        "demo/figure/F1",
    ]
    run = said["steps"][0]
    assert run["record"]["fingerprint"] == world.node("run").fingerprint
    assert run["record"]["outputs"].keys() == {"params.safetensors", "metrics.csv"}
    claim = next(claim for claim in said["claims"] if claim["name"] == "half-is-more")
    assert claim["criterion"]["at_least"] == claim["verdict"]["statistic"] == 0.75
    assert claim["verdict"]["low"] is None
    assert said["deviations"][0]["setting"] == "width"


def test_what_a_stale_figure_was_really_made_from_is_shown(
    world: World, traced: Traced, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = {"optimizer": {"learning_rate": 0.2, "weight_decay": 0.5}, "steps": 10}
    monkeypatch.setattr(trees, "build", lambda config: small_graph(run=edited, code={}))
    code, out = traced("demo/F1")
    assert code == 3
    assert "[stale]" in out and "1.5 s" in out
    assert world.node("run").fingerprint[:12] in out


def test_parameters_that_are_not_those_of_the_paper_file_are_named(
    world: World, traced: Traced, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = {"optimizer": {"learning_rate": 0.1, "weight_decay": 1.0}, "steps": 10}
    defaults: Graph = small_graph(run=usual, code={})
    chosen = Config(overrides={"pearce2023.runs.main.optimizer.weight_decay": 0.5})
    monkeypatch.setattr(world.graph, "config", chosen)
    monkeypatch.setattr(subject, "build", lambda config: defaults)
    changed = "demo/run/main/00 optimizer.weight_decay: 1.0 -> 0.5"
    assert f"parameters  {changed}" in traced("demo/half-is-more")[1]


def test_a_verdict_that_its_table_contradicts_is_told(world: World, traced: Traced) -> None:
    path = world.root / "results" / "cpu" / "demo" / "verdicts.csv"
    path.write_text(path.read_text().replace("A tenth at most.", "All of it."))
    code, out = traced("demo/F1")
    assert code == 4
    assert "verdicts    tampered: results/cpu/demo/verdicts.csv differs" in out


def test_records_that_go_round_in_a_circle_are_refused(
    world: World, traced: Traced, tmp_path: Path
) -> None:
    place = moved(world, tmp_path / "elsewhere")
    run = place / "demo" / "runs" / "main"
    (record,) = run.glob("*/record.json")
    statement = json.loads(record.read_text())
    mark = world.node("table").fingerprint
    statement["predicate"]["inputs"] = {
        "demo/table/summary": {"fingerprint": mark, "outputs": {}},
    }
    record.write_text(json.dumps(statement))
    with pytest.raises(ConfigError, match="circle: demo/"):
        traced("demo/F1", place)


def test_the_page_holds_everything_and_loads_nothing(
    world: World, traced: Traced, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    traced("demo/half-is-more", page=page)
    text = page.read_text()
    for part in ("Three quarters or more.", "half of the paper&#39;s gain", "0–2", "width"):
        assert part in text
    assert "data:image/svg+xml;base64," in text
    for place in (tmp_path, page / "x.html"):
        with pytest.raises(ConfigError, match="--html"):
            traced("demo/F1", page=place)
    assert "http://" not in text and "https://" not in text and "<script" not in text


def test_arithmetic_and_speed_are_told_where_they_are_recorded() -> None:
    numerics = {
        "profile": "bf16",
        "matmul_precision": "BF16_BF16_F32",
        "emulated": True,
        "deterministic": True,
    }
    measured = {"flops": 2e12, "flops_per_s": 5e9, "peak_flops_per_s": 2e10, "utilisation": 0.25}
    unmeasured: dict[str, Any] = dict.fromkeys(measured)
    assert list(speed({**unmeasured, "flops": 2e12})) == []
    assert list(speed({"numerics": numerics, **measured})) == [
        "numerics bf16, emulated: products BF16_BF16_F32, deterministic kernels",
        "2e+12 operations at 5 GFLOP/s, 25 % of the device's measured peak (20)",
    ]
