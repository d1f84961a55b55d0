"""A challenge: what is in the way of one, the clean place, and how its answer is found."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from small_world import CONTENT, EXECUTION, World, edit_record, make, small_graph

from reprise.audit.challenge import (
    NO_CHECKPOINTS,
    NodeResult,
    Options,
    Outcome,
    Recorded,
    Target,
    challenge,
    clean_plan,
    clean_project,
    compare_nodes,
    given,
    lineage,
    obstacles,
    overall,
    recorded_commit,
    take,
)
from reprise.audit.diff import Status, Tolerance
from reprise.graph.nodes import Node
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records.tree import Tree, lock_text
from reprise.specs.errors import ConfigError


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Everything made."""
    return World(tmp_path, small_graph(code={})).make_all()


def tree(world: World) -> Tree:
    return Tree.own(world.root, "cpu")


def recorded(world: World, of: Tree | None = None) -> dict[str, Recorded]:
    return lineage(world.graph, of or tree(world), world.node("figure"))


def trained(of: Mapping[str, Recorded]) -> list[Recorded]:
    return list(given(of, "runs").values())


def reasons(world: World, device: str | None = None) -> tuple[str, ...]:
    return obstacles(recorded(world), device)


def test_a_changed_parameter_is_named_though_its_run_lies_elsewhere(world: World) -> None:
    run = {"optimizer": {"learning_rate": 0.1, "weight_decay": 0.5}, "steps": 20}
    changed = world.replaced(run=run, code={})
    assert reasons(changed) == ("demo/run/main/00: parameter steps: 10 -> 20",)


def test_changed_code_is_named(world: World) -> None:
    changed = world.replaced(code={"reprise.lib:f": "1" * 64})
    assert "demo/table/summary: code reprise.lib:f added" in reasons(changed)


def test_a_record_that_is_gone_or_edited_is_in_the_way(world: World) -> None:
    edit_record(world.record("figure"), lambda s: s["predicate"]["spec"].update(tables=["other"]))
    world.record("table").unlink()
    found = reasons(world)
    assert any(text.startswith("demo/table/summary: ") and "no record" in text for text in found)
    assert any(text.startswith("demo/figure/F1: parameter tables") for text in found)


def test_a_record_of_something_else_is_in_the_way(world: World) -> None:
    world.record("table").write_bytes(world.record("figure").read_bytes())
    assert "the record of another place" in lineage_problem(world)
    world.record("table").write_bytes(b"{")
    assert "not a record" in lineage_problem(world)


def lineage_problem(world: World) -> str:
    return recorded(world)["demo/table/summary"].problem


@pytest.mark.faults
def test_another_type_of_device_is_in_the_way_of_training_only(world: World) -> None:
    edit_record(
        world.record("run"),
        lambda s: s["predicate"]["execution"].update(device={"platform": "gpu"}),
    )
    assert reasons(world, "cpu") == ("demo/run/main/00: trained on a gpu, here it would be a cpu",)
    assert reasons(world, "gpu") == reasons(world) == ()


def test_the_recorded_commit_is_told_with_its_edits(world: World) -> None:
    entry = recorded(world)["demo/figure/F1"]
    assert recorded_commit(entry) is None
    edit_record(
        world.record("figure"),
        lambda s: s["predicate"].update(commit={"sha": "abc", "dirty": True}),
    )
    entry = recorded(world)["demo/figure/F1"]
    assert recorded_commit(entry) == "abc and edits that were not committed"


@pytest.fixture
def project(world: World) -> Project:
    """The project with the files that the engine reads."""
    root = world.root
    for name in ("config.yaml", "Snakefile", "environment.yml"):
        (root / name).write_text(name)
    (root / "workflow" / "profiles" / "default").mkdir(parents=True)
    return Project(root)


def test_the_clean_place_has_rules_and_no_results(world: World, project: Project) -> None:
    clean = clean_project(project, world.node("figure"))
    assert clean.root.is_relative_to(project.cache)
    assert (clean.root / "Snakefile").read_text() == "Snakefile"
    assert (clean.root / "profiles" / "default").is_dir()
    assert not (clean.root / "results").exists()
    plan = clean_plan(Plan(project, world.graph, {}), clean)
    todo = plan.todo(["demo/figure/F1"])
    assert [node.kind for node in todo] == ["run", "table", "figure"]
    assert {plan.cost(node).seconds for node in todo} == {EXECUTION["wall_s"]}
    assert clean_project(project, world.node("figure")).root != clean.root


def test_trained_runs_are_taken_if_they_are_what_was_recorded(
    world: World, project: Project
) -> None:
    clean = clean_project(project, world.node("figure"))
    assert take(project, clean, trained(recorded(world))) == ()
    plan = clean_plan(Plan(project, world.graph, {}), clean)
    assert [node.kind for node in plan.todo(["demo/figure/F1"])] == ["table", "figure"]
    world.output("run", "params.safetensors").write_bytes(b"others")
    other = clean_project(project, world.node("figure"))
    (problem,) = take(project, other, trained(recorded(world)))
    assert "params.safetensors differs from its record" in problem
    assert not (other.root / "results").exists()


def test_for_a_copy_without_checkpoints_the_own_are_taken_if_they_are_the_same(
    world: World, project: Project, tmp_path: Path
) -> None:
    copy = tmp_path / "published"
    shutil.copytree(tree(world).folder, copy)
    for path in copy.rglob("*.safetensors"):
        path.unlink()
    (copy / "lock.txt").write_text(lock_text(copy))
    found = recorded(world, Tree(copy))
    clean = clean_project(project, world.node("figure"))
    assert take(project, clean, trained(found)) == ()
    world.make(world.node("run"), {**CONTENT, "params.safetensors": b"others"})
    other = clean_project(project, world.node("figure"))
    assert take(project, other, trained(found)) == (NO_CHECKPOINTS,)


class Case:
    """A world and its twin, in which everything was made again."""

    def __init__(self, world: World, root: Path) -> None:
        self.world, self.twin = world, World(root, world.graph)

    def make_again(self, **content: bytes) -> None:
        named = {name.replace("_", "."): data for name, data in content.items()}
        self.twin.make_all({**CONTENT, **named})

    def results(self) -> dict[str, NodeResult]:
        found = compare_nodes(
            recorded(self.world), tree(self.twin), self.world.node("figure"), (), Tolerance()
        )
        return {node.kind: node for node in found}

    def statuses(self) -> dict[str, str]:
        return {kind: node.status for kind, node in self.results().items()}

    def overall(self) -> str:
        return overall(self.results().values())


@pytest.fixture
def case(world: World, tmp_path: Path) -> Case:
    return Case(world, tmp_path / "again")


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
    table = case.results()["table"].files["summary.csv"]
    assert table.places[0].row == 1
    assert table.largest_absolute == pytest.approx(0.01)


def test_checkpoints_alone_do_not_decide(case: Case) -> None:
    case.make_again(params_safetensors=b"other weights")
    assert case.statuses()["run"] == "differs"
    assert case.overall() == "identical"
    found = compare_nodes(
        recorded(case.world), tree(case.twin), case.world.node("run"), (), Tolerance()
    )
    assert overall(found) == "differs"


def test_checkpoints_that_were_not_published_are_compared_by_digest(case: Case) -> None:
    case.make_again()
    case.world.output("run", "params.safetensors").unlink()
    params = case.results()["run"].files["params.safetensors"]
    assert params.status == "identical"
    assert params.notes == ("by its recorded digest",)
    case.make_again(params_safetensors=b"other weights")
    assert case.results()["run"].files["params.safetensors"].status == "differs"


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
    figure = case.results()["figure"]
    assert figure.status == "equal"
    assert "drawn by other versions: matplotlib was 0.1" in figure.notes[0]
    assert any("matplotlib was 0.1" in text for text in figure.environment)
    case.world.output("figure").write_bytes(b"<svg>hand-made</svg>")
    figure = case.results()["figure"]
    assert figure.status == "differs"
    assert figure.altered == ("A: F1.svg differs from its record",)


def test_an_altered_file_differs_even_where_the_right_one_was_recorded(case: Case) -> None:
    case.make_again()
    case.world.output("table").write_bytes(b"quantity,value\na,0.25000000001\nb,0.75\n")
    table = case.results()["table"]
    assert table.status == "differs"
    assert table.altered == ("A: summary.csv differs from its record",)


@pytest.fixture
def target(world: World, project: Project) -> Target:
    """Is the figure of the small world what its record says?"""
    return Target(Plan(project, world.graph, {}), tree(world), world.node("figure"))


class Engine:
    """Makes everything again with chosen content, or ends with an exit code.

    What is made from tables that are taken shows the recorded ones, unless ``redrawn`` otherwise.
    """

    def __init__(self, code: int = 0, redrawn: bytes = CONTENT["F1.svg"], **content: bytes) -> None:
        self.code, self.redrawn = code, redrawn
        self.content, self.jobs = {**CONTENT, **content}, list[str]()

    def __call__(self, plan: Plan, node: Node) -> int:
        todo = plan.todo([node.id])
        self.jobs = [node.kind for node in todo]
        drawn = {"F1.svg": self.redrawn} if self.jobs == ["figure"] else {}
        twin = World(plan.project.root, plan.graph)
        for one in todo if not self.code else ():
            twin.make(one, {**self.content, **drawn})
        return self.code


def outcome(target: Target, engine: Engine, **options: Any) -> Outcome:
    return challenge(target, Options(**options), engine, lambda: "cpu")


def places(target: Target) -> list[Path]:
    return list((target.plan.project.cache / "challenge").glob("*"))


OTHER_TABLE = {"summary.csv": b"quantity,value\na,0.26\nb,0.75\n"}


def test_what_is_made_again_identically_leaves_nothing(target: Target) -> None:
    engine = Engine()
    found = outcome(target, engine)
    assert (found.answer, found.code, found.kept) == (Status.IDENTICAL, 0, None)
    assert engine.jobs == ["run", "table", "figure"]
    assert places(target) == []


def test_what_differs_ends_with_4_and_is_kept(target: Target) -> None:
    found = outcome(target, Engine(**OTHER_TABLE))
    assert (found.answer, found.code) == (Status.DIFFERS, 4)
    assert [str(path) for path in places(target)] == [found.kept]


def test_the_tolerance_is_the_users(target: Target) -> None:
    found = outcome(target, Engine(**OTHER_TABLE), tolerance=Tolerance.of(0.1))
    assert (found.answer, found.code) == (Status.EQUAL, 0)


def test_other_parameters_are_not_comparable_and_nothing_is_made(
    target: Target, world: World
) -> None:
    run = {"optimizer": {"learning_rate": 0.1, "weight_decay": 0.5}, "steps": 20}
    changed = Plan(target.plan.project, world.replaced(run=run, code={}).graph, {})
    engine = Engine()
    found = outcome(Target(changed, target.tree, target.node), engine)
    assert (found.answer, found.code) == (Status.NOT_COMPARABLE, 3)
    assert found.reasons == ("demo/run/main/00: parameter steps: 10 -> 20",)
    assert (engine.jobs, places(target)) == ([], [])


@pytest.mark.faults
def test_training_on_another_type_of_device_is_not_comparable(target: Target, world: World) -> None:
    edit_record(
        world.record("run"),
        lambda s: s["predicate"]["execution"].update(device={"platform": "gpu"}),
    )
    assert outcome(target, Engine()).answer is Status.NOT_COMPARABLE
    assert outcome(target, Engine(), start="runs").answer is Status.IDENTICAL


def test_from_runs_trains_nothing(target: Target) -> None:
    engine = Engine()
    found = outcome(target, engine, start="runs")
    assert found.answer is Status.IDENTICAL
    assert [node.kind for node in found.nodes if node.taken] == ["run"]
    assert engine.jobs == ["table", "figure"]


def test_from_runs_without_checkpoints_is_not_comparable(target: Target, world: World) -> None:
    world.output("run", "params.safetensors").unlink()
    found = outcome(target, Engine(), start="runs")
    assert (found.answer, found.code) == (Status.NOT_COMPARABLE, 3)
    assert "params.safetensors is missing" in found.reasons[0]
    assert places(target) == []


def test_from_tables_only_the_figure_is_made_whatever_made_the_tables(
    target: Target, world: World
) -> None:
    """As of an older release: its runs had other settings, and are not shipped."""
    run = {"optimizer": {"learning_rate": 0.1, "weight_decay": 0.5}, "steps": 20}
    shutil.rmtree(world.output("run", "metrics.csv").parent)
    changed = Plan(target.plan.project, world.replaced(run=run, code={}).graph, {})
    today = Target(changed, target.tree, changed.graph.nodes[target.node.id])
    engine = Engine()
    assert outcome(today, engine).answer is Status.NOT_COMPARABLE
    found = outcome(today, engine, start="tables")
    assert (found.answer, engine.jobs, places(target)) == (Status.IDENTICAL, ["figure"], [])
    assert {node.id: node.taken for node in found.nodes} == {
        "demo/table/summary": True,
        "demo/figure/F1": False,
    }
    assert outcome(today, Engine(redrawn=b"<svg>x</svg>"), start="tables").code == 4
    world.output("table").write_bytes(b"quantity,value\na,0.99\n")
    found = outcome(today, engine, start="tables")
    assert found.reasons == ("demo/table/summary: demo/tables/summary.csv differs from its record",)


def test_from_tables_nothing_else_is_made(target: Target, world: World) -> None:
    with pytest.raises(ConfigError, match="demo/table/summary is a table"):
        outcome(Target(target.plan, target.tree, world.node("table")), Engine(), start="tables")


CLAIM = {
    "figure": "F1",
    "statement": "The value of a is at least 0.2.",
    "source": "Figure 1",
    "criterion": {"table": "summary", "where": {"quantity": "a"}, "at_least": 0.2},
    "threshold": {"source": "ours", "why": "It is a test."},
}


def elsewhere(target: Target, world: World, claimed: bool = True) -> None:
    """The records are of another processor; a claim is judged from the table."""
    if claimed:
        spec = {"claims": {"high": CLAIM}}
        parents = (world.node("table"),)
        node = make("verdict", "verdicts", spec, ("results/cpu/demo/verdicts.csv",), parents, {})
        target.plan.graph.nodes[node.id] = node
    for kind in ("run", "table", "figure"):
        edit_record(
            world.record(kind),
            lambda s: s["predicate"]["environment"].update(instructions="BEADS", cpu="Abacus"),
        )


@pytest.mark.faults
def test_on_another_processor_the_claims_decide_about_what_networks_gave(
    target: Target, world: World
) -> None:
    here = outcome(target, Engine(**OTHER_TABLE))
    assert here.code == 4, "on the same processor"
    shutil.rmtree(str(here.kept))
    elsewhere(target, world)
    moved = {**OTHER_TABLE, "F1.svg": b"<svg>moved</svg>"}
    found = outcome(target, Engine(**moved))
    assert (found.answer, found.code, places(target)) == (Status.EQUAL, 0, [])
    (claim,) = found.claims
    assert claim.text == "high: reproduced -> reproduced (0.25 -> 0.26)"
    assert any(text.startswith("instructions was BEADS, is ") for text in found.reasons)
    flipped = {"summary.csv": b"quantity,value\na,0.1\nb,0.75\n"}
    found = outcome(target, Engine(**flipped))
    assert (found.answer, found.code) == (Status.NOT_COMPARABLE, 3)
    assert found.reasons[-1] == "claims come out otherwise"


@pytest.mark.faults
def test_on_another_processor_a_figure_has_to_show_its_recorded_tables(
    target: Target, world: World
) -> None:
    """Whoever repaints a picture is not excused by another processor."""
    elsewhere(target, world)
    moved = {**OTHER_TABLE, "F1.svg": b"<svg>moved</svg>"}
    found = outcome(target, Engine(redrawn=b"<svg>right</svg>", **moved))
    assert (found.answer, found.code) == (Status.DIFFERS, 4)


def test_on_another_processor_numbers_without_a_claim_are_not_comparable(
    target: Target, world: World
) -> None:
    elsewhere(target, world, claimed=False)
    found = outcome(target, Engine(**OTHER_TABLE))
    assert (found.answer, found.code, found.claims) == (Status.NOT_COMPARABLE, 3, ())
    assert found.reasons[-1] == "no claim follows from these tables alone"


@pytest.mark.parametrize(("code", "kept"), [(1, True), (130, False)])
def test_a_failed_job_keeps_its_logs_an_interrupted_challenge_nothing(
    target: Target, code: int, kept: bool
) -> None:
    found = outcome(target, Engine(code))
    assert (found.code, found.nodes) == (code, [])
    assert bool(found.kept) == bool(places(target)) == kept


def test_an_engine_that_breaks_down_keeps_the_clean_place(target: Target) -> None:
    def broken(plan: Plan, node: Node) -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        challenge(target, Options(), broken, lambda: "cpu")
    assert len(places(target)) == 1


def test_keep_keeps(target: Target) -> None:
    found = outcome(target, Engine(), keep=True)
    assert Path(str(found.kept), "results/cpu/demo/figures/F1.svg").is_file()
