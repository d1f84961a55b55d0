"""A challenge: what is in the way of one, the clean place, and how its answer is found."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import pytest
from small_world import CONTENT, EXECUTION, World

from reprise.execution import challenge as subject
from reprise.execution.answers import ALTERED, NodeAnswer, answers, environments, overall
from reprise.execution.challenge import clean_plan, clean_project, device_here, take_trained
from reprise.execution.lineage import Recorded, lineage, obstacles, recorded_commit
from reprise.project import Project
from reprise.provenance.comparison import Tolerance
from reprise.records.tree import Tree, lock_text


def tree(world: World) -> Tree:
    return Tree.own(world.root, "cpu")


def recorded(world: World, of: Tree | None = None) -> dict[str, Recorded]:
    return lineage(world.graph, of or tree(world), world.node("figure"))


def reasons(world: World, device: str | None = None) -> tuple[str, ...]:
    return obstacles(recorded(world), device)


def edit_record(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    statement = json.loads(path.read_text())
    change(statement)
    path.write_text(json.dumps(statement))


def test_the_lineage_is_what_the_figure_was_made_from(planned: Any) -> None:
    assert list(recorded(planned.world)) == [
        "demo/run/main/00",
        "demo/table/summary",
        "demo/figure/F1",
    ]
    assert reasons(planned.world) == ()


def test_a_changed_parameter_is_named_though_its_run_lies_elsewhere(planned: Any) -> None:
    run = {"optimizer": {"learning_rate": 0.1, "weight_decay": 0.5}, "steps": 20}
    changed = planned.world.replaced(run=run, code={})
    assert reasons(changed) == ("demo/run/main/00: parameter steps: 10 -> 20",)


def test_changed_code_is_named(planned: Any) -> None:
    changed = planned.world.replaced(code={"reprise.lib:f": "1" * 64})
    assert "demo/table/summary: code reprise.lib:f added" in reasons(changed)


def test_a_record_that_is_gone_or_edited_is_in_the_way(planned: Any) -> None:
    edit_record(
        planned.world.record("figure"), lambda s: s["predicate"]["spec"].update(tables=["other"])
    )
    planned.world.record("table").unlink()
    found = reasons(planned.world)
    assert any(text.startswith("demo/table/summary: ") and "no record" in text for text in found)
    assert any(text.startswith("demo/figure/F1: parameter tables") for text in found)


@pytest.mark.faults
def test_another_type_of_device_is_in_the_way_of_training_only(planned: Any) -> None:
    edit_record(
        planned.world.record("run"),
        lambda s: s["predicate"]["execution"].update(device={"platform": "gpu"}),
    )
    assert reasons(planned.world, "cpu") == (
        "demo/run/main/00: trained on a gpu, here it would be a cpu",
    )
    assert reasons(planned.world, "gpu") == reasons(planned.world) == ()


def test_the_recorded_commit_is_told_with_its_edits(planned: Any) -> None:
    entry = recorded(planned.world)["demo/figure/F1"]
    assert recorded_commit(entry) is None
    edit_record(
        planned.world.record("figure"),
        lambda s: s["predicate"].update(commit={"sha": "abc", "dirty": True}),
    )
    entry = recorded(planned.world)["demo/figure/F1"]
    assert recorded_commit(entry) == "abc and edits that were not committed"


@pytest.fixture
def project(planned: Any) -> Project:
    """The project with the files that the engine reads."""
    root = planned.world.root
    for name in ("config.yaml", "Snakefile", "environment.yml"):
        (root / name).write_text(name)
    (root / "workflow" / "profiles" / "default").mkdir(parents=True)
    return Project(root)


def test_the_clean_place_has_rules_and_no_results(planned: Any, project: Project) -> None:
    world = planned.world
    clean = clean_project(project, world.node("figure"))
    assert clean.root.is_relative_to(project.cache)
    assert (clean.root / "Snakefile").read_text() == "Snakefile"
    assert (clean.root / "profiles" / "default").is_dir()
    assert not (clean.root / "results").exists()
    plan = clean_plan(clean, world.graph, recorded(world))
    todo = plan.todo(["demo/figure/F1"])
    assert [node.kind for node in todo] == ["run", "table", "figure"]
    assert {plan.cost(node).seconds for node in todo} == {EXECUTION["wall_s"]}
    assert clean_project(project, world.node("figure")).root != clean.root


def test_trained_runs_are_taken_if_they_are_what_was_recorded(
    planned: Any, project: Project
) -> None:
    world = planned.world
    clean = clean_project(project, world.node("figure"))
    assert take_trained(project, clean, recorded(world)) == ()
    plan = clean_plan(clean, world.graph, recorded(world))
    assert [node.kind for node in plan.todo(["demo/figure/F1"])] == ["table", "figure"]
    world.output("run", "params.safetensors").write_bytes(b"others")
    other = clean_project(project, world.node("figure"))
    (problem,) = take_trained(project, other, recorded(world))
    assert "params.safetensors differs from its record" in problem
    assert not (other.root / "results").exists()


def test_for_a_copy_without_checkpoints_the_own_are_taken_if_they_are_the_same(
    planned: Any, project: Project, tmp_path: Path
) -> None:
    world = planned.world
    copy = tmp_path / "published"
    shutil.copytree(tree(world).folder, copy)
    for path in copy.rglob("*.safetensors"):
        path.unlink()
    (copy / "lock.txt").write_text(lock_text(copy))
    found = recorded(world, Tree(copy))
    clean = clean_project(project, world.node("figure"))
    assert take_trained(project, clean, found) == ()
    world.make(world.node("run"), {**CONTENT, "params.safetensors": b"others"})
    other = clean_project(project, world.node("figure"))
    (problem,) = take_trained(project, other, found)
    assert "not taken along" in problem


class Case:
    """A world and its twin, in which everything was made again."""

    def __init__(self, world: World, root: Path) -> None:
        self.world, self.twin = world, World(root, world.graph)

    def make_again(self, **content: bytes) -> None:
        files = {**CONTENT, **{name.replace("_", "."): data for name, data in content.items()}}
        for node in self.twin.graph.nodes.values():
            self.twin.make(node, files)

    def answers(self) -> dict[str, NodeAnswer]:
        found = answers(
            recorded(self.world), tree(self.twin), self.world.node("figure"), (), Tolerance()
        )
        return {node.kind: node for node in found}

    def statuses(self) -> dict[str, str]:
        return {kind: node.status for kind, node in self.answers().items()}

    def overall(self) -> str:
        return overall(self.answers().values())


@pytest.fixture
def case(planned: Any, tmp_path: Path) -> Case:
    return Case(planned.world, tmp_path / "again")


def all_identical(found: Mapping[str, str]) -> bool:
    return set(found.values()) == {"identical"}


def test_the_same_bytes_are_identical(case: Case) -> None:
    case.make_again()
    assert all_identical(case.statuses())
    assert case.overall() == "identical"


def test_numbers_within_the_tolerance_are_equal_and_others_differ(case: Case) -> None:
    case.make_again(summary_csv=b"quantity,value\na,0.2500000001\nb,0.75\n")
    assert case.statuses() == {"run": "identical", "table": "equal", "figure": "identical"}
    assert case.overall() == "equal"
    case.make_again(summary_csv=b"quantity,value\na,0.26\nb,0.75\n")
    assert case.overall() == "differs"
    (file,) = case.answers()["table"].files
    assert file.difference.places[0].row == 1
    assert file.difference.largest_absolute == pytest.approx(0.01)


def test_checkpoints_alone_do_not_decide(case: Case) -> None:
    case.make_again(params_safetensors=b"other weights")
    assert case.statuses()["run"] == "differs"
    assert case.overall() == "identical"
    found = answers(recorded(case.world), tree(case.twin), case.world.node("run"), (), Tolerance())
    assert overall(found) == "differs"


def test_checkpoints_that_were_not_published_are_compared_by_digest(case: Case) -> None:
    case.make_again()
    case.world.output("run", "params.safetensors").unlink()
    params = case.answers()["run"].files[0]
    assert params.difference.status == "identical"
    assert params.difference.notes == ("by its recorded digest",)
    case.make_again(params_safetensors=b"other weights")
    assert case.answers()["run"].files[0].difference.status == "differs"


@pytest.mark.faults
def test_a_figure_that_was_replaced_with_its_record_is_caught(case: Case) -> None:
    case.world.make(case.world.node("figure"), {**CONTENT, "F1.svg": b"<svg>hand-made</svg>"})
    case.make_again()
    assert case.statuses() == {"run": "identical", "table": "identical", "figure": "differs"}


def test_other_versions_excuse_another_drawing_but_no_altered_file(case: Case) -> None:
    case.world.make(case.world.node("figure"), {**CONTENT, "F1.svg": b"<svg>older</svg>"})
    edit_record(
        case.world.record("figure"),
        lambda s: s["predicate"]["environment"]["versions"].update(matplotlib="0.1"),
    )
    case.make_again()
    figure = case.answers()["figure"]
    assert figure.status == "equal"
    assert "matplotlib 0.1 ->" in figure.notes[0]
    assert any("matplotlib was 0.1" in text for text in environments([figure]))
    case.world.output("figure").write_bytes(b"<svg>hand-made</svg>")
    figure = case.answers()["figure"]
    assert figure.status == "differs"
    assert ALTERED in figure.files[0].difference.notes


def test_an_altered_file_differs_even_where_the_right_one_was_recorded(case: Case) -> None:
    case.make_again()
    case.world.output("table").write_bytes(b"quantity,value\na,0.25000000001\nb,0.75\n")
    table = case.answers()["table"]
    assert table.status == "differs"
    assert ALTERED in table.files[0].difference.notes


def test_the_device_is_found_out_by_another_process(planned: Any) -> None:
    assert device_here(planned.project) == jax.default_backend()


def test_a_device_that_cannot_be_found_out_is_unknown(
    planned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "_PROBE", "raise SystemExit(1)")
    assert device_here(planned.project) is None
