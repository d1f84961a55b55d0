"""``reprise challenge``: what is meant, what is shown, and the exit codes."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_world import CONTENT, World

from reprise.cli import challenge as subject
from reprise.cli.answers import outcome_json, show
from reprise.cli.challenge import Options, Outcome, Question, ask, challenge
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.provenance.trees import Tree
from reprise.specs.errors import ConfigError


@pytest.fixture
def question(world: Any) -> Question:
    """Is the figure of the small world what its record says?"""
    for name in ("config.yaml", "Snakefile"):
        (world.root / name).touch()
    (world.root / "workflow" / "profiles").mkdir(parents=True)
    plan = Plan(Project(world.root), world.graph, {})
    return Question(plan, Tree.own(world.root, "cpu"), world.node("figure"))


@pytest.fixture
def remade(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the jobs would make, and the exit code of the engine; both can be changed."""
    chosen: dict[str, Any] = {"content": dict(CONTENT), "code": 0, "jobs": []}

    def run_jobs(plan: Plan, overlay: Any, targets: Any, cores: Any, *rest: Any) -> int:
        chosen.update(overlay=overlay, cores=cores, jobs=[n.kind for n in plan.todo()])
        twin = World(plan.project.root, plan.graph)
        for node in plan.graph.ancestors(n.id for n in targets) if not chosen["code"] else ():
            twin.make(node, chosen["content"])
        return int(chosen["code"])

    monkeypatch.setattr(subject, "run_jobs", run_jobs)
    monkeypatch.setattr(subject, "device_here", lambda project: "cpu")
    return chosen


def places(question: Question) -> list[Path]:
    return list((question.plan.project.cache / "challenge").glob("*"))


def shown(outcome: Outcome, console: Any) -> str:
    show(outcome, console)
    return str(console.file.getvalue())


def test_what_is_made_again_identically_is_said_and_leaves_nothing(
    question: Question, remade: dict[str, Any], console: Any
) -> None:
    outcome = challenge(question, Options(cores=3), console)
    assert (outcome.answer, outcome.code, outcome.kept) == ("identical", 0, None)
    assert remade["cores"] == 3
    assert remade["overlay"] == {"scale": "cpu", "papers": ["demo"]}
    assert places(question) == []
    assert "demo/figure/F1: identical" in shown(outcome, console)


def test_what_differs_ends_with_4_says_where_and_is_kept(
    question: Question, remade: dict[str, Any], console: Any
) -> None:
    remade["content"]["summary.csv"] = b"quantity,value\na,0.26\nb,0.75\n"
    outcome = challenge(question, Options(), console)
    assert (outcome.answer, outcome.code) == ("differs", 4)
    text = shown(outcome, console)
    assert "demo/figure/F1: differs in demo/table/summary" in text
    assert "row 1, value: 0.25 -> 0.26" in text
    assert "largest difference 0.01" in text
    assert [str(path) for path in places(question)] == [outcome.kept]


def test_the_tolerance_is_the_users(
    question: Question, remade: dict[str, Any], console: Any
) -> None:
    remade["content"]["summary.csv"] = b"quantity,value\na,0.26\nb,0.75\n"
    outcome = challenge(question, Options(relative=0.1), console)
    assert (outcome.answer, outcome.code) == ("equal", 0)
    text = shown(outcome, console)
    assert "equal within tolerance" in text
    assert "Tolerance: relative 0.1, absolute 0.0001." in text


def test_other_parameters_are_not_comparable_and_nothing_is_made(
    question: Question, remade: dict[str, Any], console: Any, world: Any
) -> None:
    run = {"optimizer": {"learning_rate": 0.1, "weight_decay": 0.5}, "steps": 20}
    changed = Plan(question.plan.project, world.replaced(run=run, code={}).graph, {})
    outcome = challenge(Question(changed, question.tree, question.node), Options(), console)
    assert (outcome.answer, outcome.code) == ("not comparable", 3)
    assert "parameter steps: 10 -> 20" in shown(outcome, console)
    assert remade["jobs"] == []
    assert places(question) == []


def test_from_runs_trains_nothing(question: Question, remade: dict[str, Any], console: Any) -> None:
    outcome = challenge(question, Options(start="runs"), console)
    assert outcome.answer == "identical"
    assert [node.kind for node in outcome.nodes if node.taken] == ["run"]
    assert "taken as it is" in shown(outcome, console)


def test_from_runs_without_checkpoints_is_not_comparable(
    question: Question, remade: dict[str, Any], console: Any, world: Any
) -> None:
    world.output("run", "params.safetensors").unlink()
    outcome = challenge(question, Options(start="runs"), console)
    assert (outcome.answer, outcome.code) == ("not comparable", 3)
    assert "params.safetensors is missing" in outcome.reasons[0]
    assert places(question) == []


@pytest.mark.parametrize(("code", "kept"), [(1, True), (130, False)])
def test_a_failed_job_keeps_its_logs_an_interrupted_challenge_nothing(
    question: Question, remade: dict[str, Any], console: Any, code: int, kept: bool
) -> None:
    remade["code"] = code
    outcome = challenge(question, Options(), console)
    assert outcome.code == code
    assert outcome.nodes == []
    assert bool(outcome.kept) == bool(places(question)) == kept


def test_keep_keeps(question: Question, remade: dict[str, Any], console: Any) -> None:
    outcome = challenge(question, Options(keep=True), console)
    assert Path(str(outcome.kept), "results/cpu/demo/figures/F1.svg").is_file()


def test_json_has_a_schema_and_says_how_far(
    question: Question, remade: dict[str, Any], console: Any
) -> None:
    remade["content"]["summary.csv"] = b"quantity,value\na,inf\nb,0.75\n"
    found = json.loads(outcome_json(challenge(question, Options(), console)))
    assert (found["schema"], found["answer"], found["exit_code"]) == (1, "differs", 4)
    assert found["tolerance"] == {"relative": 1e-6, "absolute": 1e-9}
    table = next(node for node in found["nodes"] if node["kind"] == "table")
    assert table["files"][0]["largest_absolute"] is None
    assert table["files"][0]["places"] == [
        {"row": 1, "column": "value", "before": "0.25", "after": "inf"}
    ]


FIGURE = "pearce2023/figure/F1-accuracy-curve"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without results."""
    root = tmp_path_factory.mktemp("project")
    (root / "config.yaml").write_text("scale: cpu\n")
    return Project(root)


def test_a_target_has_several_names(project: Project) -> None:
    for target in ("pearce2023/F1", FIGURE, "results/cpu/pearce2023/figures/F1-accuracy-curve.svg"):
        found = ask(project, target, None, None)
        assert (found.node.id, found.plan.graph.config.scale) == (FIGURE, "cpu")
        assert found.tree == Tree.own(project.root, "cpu")


def test_scale_and_tree_come_from_options_and_paths(project: Project) -> None:
    assert ask(project, "pearce2023/F1", "smoke", None).node.scale == "smoke"
    path = "results/smoke/pearce2023/figures/F1-accuracy-curve.png"
    assert ask(project, path, None, None).tree == Tree.own(project.root, "smoke")


def test_a_tree_brings_its_scale(world: Any, tmp_path: Path) -> None:
    root = tmp_path / "auditor"
    root.mkdir()
    (root / "config.yaml").write_text("scale: smoke\n")
    published = root / "results" / "published" / "cpu"
    shutil.copytree(world.root / "results" / "cpu", published)
    found = ask(Project(root), "pearce2023/F1", None, published)
    assert (found.node.scale, found.tree.folder) == ("cpu", published)
    name = "results/published/cpu/pearce2023/figures/F1-accuracy-curve.svg"
    found = ask(Project(root), name, None, None)
    assert (found.node.id, found.tree.folder) == (FIGURE, published)


@pytest.mark.parametrize(
    ("target", "folder", "part"),
    [("pearce2023/F99", None, "no figure"), ("pearce2023/F1", "nowhere", "is no folder")],
)
def test_what_is_not_there_is_an_error_of_the_user(
    project: Project, target: str, folder: str | None, part: str
) -> None:
    with pytest.raises(ConfigError, match=part):
        ask(project, target, None, project.path(folder) if folder else None)
