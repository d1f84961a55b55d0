"""``reprise challenge``: what is meant, what is shown, and what the engine is told."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_world import CONTENT, World
from typer.testing import CliRunner

from reprise.audit.challenge import Options, Outcome, Target
from reprise.audit.compare import VerdictPair
from reprise.audit.diff import Status, Tolerance
from reprise.cli import challenge as subject
from reprise.cli.app import app
from reprise.cli.challenge import made_and_compared, named, run_challenge, run_spot, show
from reprise.jobs.beginning import Beginning
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records.tree import Tree
from reprise.specs.errors import ConfigError


@pytest.fixture
def target(world: Any) -> Target:
    """The figure of the small world, in a project with the files that the engine reads."""
    for name in ("config.yaml", "Snakefile"):
        (world.root / name).touch()
    (world.root / "workflow" / "profiles").mkdir(parents=True)
    plan = Plan(Project(world.root), world.graph, {})
    return Target(plan, Tree.own(world.root, "cpu"), world.node("figure"))


@pytest.fixture
def remade(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the jobs make, which can be changed, and what they were told."""
    chosen: dict[str, Any] = {"content": dict(CONTENT)}

    def run_jobs(plan: Plan, targets: Any, cores: Any, *rest: Any) -> int:
        chosen.update(chosen=plan.chosen, cores=cores, targets=[node.id for node in targets])
        World(plan.project.root, plan.graph).make_all(chosen["content"])
        return 0

    monkeypatch.setattr(subject, "run_jobs", run_jobs)
    monkeypatch.setattr(subject, "device_here", lambda folder: "cpu")
    return chosen


def shown(outcome: Outcome, console: Any) -> str:
    show(outcome, console)
    return str(console.file.getvalue())


def test_the_engine_sees_the_same_node_and_little_else(
    target: Target, remade: dict[str, Any], console: Any
) -> None:
    outcome = made_and_compared(target, Options(cores=3), console)
    assert (remade["cores"], remade["targets"]) == (3, ["demo/figure/F1"])
    assert remade["chosen"] == {"scale": "cpu", "papers": ["demo"]}
    assert "demo/figure/F1: identical" in shown(outcome, console)


def test_what_differs_is_shown_with_its_place(
    target: Target, remade: dict[str, Any], console: Any
) -> None:
    remade["content"]["summary.csv"] = b"quantity,value\na,0.26\nb,0.75\n"
    text = shown(made_and_compared(target, Options(), console), console)
    assert "demo/figure/F1: differs in demo/table/summary" in text
    assert "row 1, value: 0.25 -> 0.26" in text
    assert "largest difference 0.01" in text
    assert "Kept: " in text


def test_what_is_equal_is_shown_with_the_tolerance(
    target: Target, remade: dict[str, Any], console: Any
) -> None:
    remade["content"]["summary.csv"] = b"quantity,value\na,0.26\nb,0.75\n"
    options = Options("runs", Tolerance.of(0.1))
    text = shown(made_and_compared(target, options, console), console)
    assert "equal within tolerance" in text
    assert "Tolerance: relative 0.1, absolute 0.0001." in text
    assert "taken as it is" in text


def test_what_is_not_comparable_is_shown_with_reasons_and_the_commit(
    target: Target, remade: dict[str, Any], console: Any, world: Any
) -> None:
    record = world.record("figure")
    statement = json.loads(record.read_text())
    statement["predicate"]["commit"] = {"sha": "abc", "dirty": False}
    record.write_text(json.dumps(statement))
    run = {"optimizer": {"learning_rate": 0.1, "weight_decay": 0.5}, "steps": 20}
    changed = Plan(target.plan.project, world.replaced(run=run, code={}).graph, {})
    outcome = made_and_compared(Target(changed, target.tree, target.node), Options(), console)
    text = shown(outcome, console)
    assert "demo/figure/F1: not comparable" in text
    assert "parameter steps: 10 -> 20" in text
    assert "Check out the commit that made it: abc" in text


def test_json_says_how_far(target: Target, remade: dict[str, Any], console: Any) -> None:
    remade["content"]["summary.csv"] = b"quantity,value\na,inf\nb,0.75\n"
    found = json.loads(json.dumps(made_and_compared(target, Options(), console).as_json()))
    assert (found["answer"], found["exit_code"]) == ("differs", 4)
    assert found["tolerance"] == {"relative": 1e-6, "absolute": 1e-9}
    table = next(node for node in found["nodes"] if node["kind"] == "table")
    assert table["files"][0]["largest_absolute"] is None
    assert table["files"][0]["recorded_sha256"] != table["files"][0]["made_sha256"]
    assert table["files"][0]["places"] == [
        {"row": 1, "column": "value", "before": "0.25", "after": "inf"}
    ]


def test_what_another_processor_made_is_shown_with_the_claims(target: Target, console: Any) -> None:
    pair = VerdictPair(
        "demo", "high", "It is.", "reproduced", "reproduced", "0.25", "0.26", "1", "1"
    )
    why = ("processor was Abacus, is Slide rule",)
    outcome = Outcome(target, Options(), Status.EQUAL, 0, why, (pair,))
    text = shown(outcome, console)
    assert "Claims that follow from these tables" in text
    assert "demo high: reproduced -> reproduced (0.25 -> 0.26)" in text
    assert "equal within tolerance\n  processor was Abacus, is Slide rule" in text
    assert json.loads(json.dumps(outcome.as_json()))["claims"][0]["claim"] == "high"


@pytest.fixture
def trees(world: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the small world's results, whose two trainings are not those of today."""
    (world.root / "config.yaml").write_text("scale: cpu\n")
    monkeypatch.setattr(subject, "find_project", lambda: Project(world.root))
    noted = [{"updates": 0, "sha256": ["a"]}, {"updates": 11, "sha256": ["b"]}]
    for run in ("main", "alone"):
        (record,) = world.root.glob(f"results/cpu/demo/runs/{run}/*/record.json")
        statement = json.loads(record.read_text())
        statement["predicate"]["spec"] = {"run": {"steps": 10}, "members": [{"seed": 0}]}
        statement["predicate"]["execution"].update(checkpoints=noted, failed_at_step=[-1])
        record.write_text(json.dumps(statement))

    def repeat_all(asked: Any, root: Path, workers: int) -> Iterator[Beginning]:
        assert (root, {updates for _, updates in asked}) == (world.root, {11})
        for node, _ in asked:
            same = noted if node.name == "main/00" else [noted[0]]
            yield Beginning(node.id, 0.5, same)

    monkeypatch.setattr(subject, "repeat_all", repeat_all)
    return Path(world.root)


def test_all_trainings_of_a_tree_are_repeated_counted_and_summed_up(
    trees: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_spot(None, (), None, None, 2, False) == 3
    text = capsys.readouterr().out
    assert "the beginnings of 2 trainings in" in text
    assert "identical               demo/run/main/00 after 11 updates, 0.5 s" in text
    assert "2 trainings: 1 identical, 1 not comparable; " in text
    assert run_spot("demo/F1", (), "cpu", trees / "results/cpu", None, True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["scale"], found["exit_code"]) == (1, "cpu", 0)
    assert found["counts"] == {"identical": 1, "equal": 0, "not comparable": 0, "differs": 0}
    assert found["runs"][0] | {"commit": None} == {
        "id": "demo/run/main/00",
        "status": "identical",
        "updates": 11,
        "reasons": [],
        "commit": None,
        "seconds": 0.5,
    }


def test_trainings_of_no_tree_are_an_error_of_the_user(trees: Path) -> None:
    with pytest.raises(ConfigError, match=r"--scale smoke: .* is of scale cpu"):
        run_spot(None, (), "smoke", trees / "results/cpu", None, False)
    with pytest.raises(ConfigError, match="nothing was made at scale smoke yet"):
        run_spot(None, (), "smoke", None, None, False)
    with pytest.raises(ConfigError, match="nothing was made at scale smoke yet"):
        run_challenge("pearce2023/F1", "smoke", None, Options(), False)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "name a result"),
        (["pearce2023/F1", "--paper", "pearce2023"], "--spot takes a whole tree"),
        (["--spot", "--from", "runs"], "leave out --from"),
        (["--spot", "--tolerance", "0.1"], "leave out --tolerance"),
    ],
)
def test_options_that_do_not_go_together_are_an_error_of_the_user(
    arguments: list[str], part: str
) -> None:
    found = CliRunner().invoke(app, ["challenge", *arguments])
    assert isinstance(found.exception, ConfigError)
    assert part in str(found.exception)


FIGURE = "pearce2023/figure/F1-accuracy-curve"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without results."""
    root = tmp_path_factory.mktemp("project")
    (root / "config.yaml").write_text("scale: cpu\n")
    return Project(root)


def test_a_target_has_several_names(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    for target in ("pearce2023/F1", FIGURE, "results/cpu/pearce2023/figures/F1-accuracy-curve.svg"):
        found = named(project, target, None, None)
        assert (found.node.id, found.plan.graph.config.scale) == (FIGURE, "cpu")
        assert found.tree == Tree.own(project.root, "cpu")


def test_scale_and_tree_come_from_options_and_paths(project: Project) -> None:
    assert named(project, "pearce2023/F1", "smoke", None).node.scale == "smoke"
    path = "results/smoke/pearce2023/figures/F1-accuracy-curve.png"
    assert named(project, path, None, None).tree == Tree.own(project.root, "smoke")


def test_a_tree_brings_its_scale(
    world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "auditor"
    root.mkdir()
    monkeypatch.chdir(root)
    (root / "config.yaml").write_text("scale: smoke\n")
    published = root / "results" / "published" / "cpu"
    shutil.copytree(world.root / "results" / "cpu", published)
    found = named(Project(root), "pearce2023/F1", None, published)
    assert (found.node.scale, found.tree.folder) == ("cpu", published)
    name = "results/published/cpu/pearce2023/figures/F1-accuracy-curve.svg"
    found = named(Project(root), name, None, None)
    assert (found.node.id, found.tree.folder) == (FIGURE, published)


@pytest.mark.parametrize(
    ("target", "folder", "part"),
    [("pearce2023/F99", None, "nothing is called"), ("pearce2023/F1", "nowhere", "is no folder")],
)
def test_what_is_not_there_is_an_error_of_the_user(
    project: Project, target: str, folder: str | None, part: str
) -> None:
    with pytest.raises(ConfigError, match=part):
        named(project, target, None, project.path(folder) if folder else None)
