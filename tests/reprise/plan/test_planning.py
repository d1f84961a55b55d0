"""What a plan says has to be made, and how it tells the scheduler."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reprise.jobs.job_files import (
    age_triggers,
    node_file,
    read_node_file,
    trigger,
    write_trigger,
)
from reprise.plan import planning
from reprise.records.tree import Tree
from reprise.specs.errors import ConfigError


def triggers(planned: Any) -> set[str]:
    folder = planned.world.root / ".reprise" / "redo" / "cpu"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def ids(nodes: Any) -> list[str]:
    return [node.id for node in nodes]


def test_nothing_to_do_needs_no_trigger(planned: Any) -> None:
    plan = planned.plan()
    assert plan.todo([planned.world.node("figure").id]) == []
    plan.write_files()
    assert triggers(planned) == set()


def test_everything_to_do_is_told_with_its_reason(planned: Any) -> None:
    planned.world.output("table").write_text("other")
    plan = planned.plan()
    assert ids(plan.todo(["demo/figure/F1"])) == ["demo/table/summary", "demo/figure/F1"]
    assert plan.todo(["demo/run/main/00"]) == []
    plan.write_files()
    assert triggers(planned) == {
        "demo.table.summary/tampered",
        "demo.figure.F1/input-made-again",
    }


def test_triggers_are_newer_than_anything_and_never_the_same_twice(planned: Any) -> None:
    """The scheduler passes over an input that is old, or whose checksum it has seen."""
    node = planned.world.node("table")
    path = planned.world.root / trigger(node, "stale")
    write_trigger(planned.project, trigger(node, "stale"))
    first = path.read_bytes()
    assert path.stat().st_mtime > time.time() + 10**8
    write_trigger(planned.project, trigger(node, "stale"))
    assert path.read_bytes() != first
    age_triggers(planned.project, planned.world.node("figure"))
    assert path.stat().st_mtime > time.time()
    age_triggers(planned.project, node)
    assert path.stat().st_mtime == 0
    write_trigger(planned.project, trigger(node, "stale"))
    assert path.stat().st_mtime > time.time() + 10**8


def test_node_files_carry_the_node_and_its_parents(planned: Any) -> None:
    for node in planned.world.graph.nodes.values():
        found, parents = read_node_file(planned.file(node))
        assert found == node
        assert parents == planned.world.graph.parents(node)


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b"{}", b'{"node": {}, "parents": []}', b"\xff"]
)
def test_what_is_no_node_file_says_how_to_get_one(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "node.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"not a node file.*reprise plan"):
        read_node_file(path)


def test_a_rule_that_makes_nothing_names_the_nearest(planned: Any) -> None:
    with pytest.raises(ConfigError, match=r"demo/table/sumary.*did you mean 'demo/table/summary'"):
        planned.plan().node("table", "demo", "sumary")


def test_another_tree_is_judged_where_the_results_lie_there(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def tree_of(graph: Any) -> Tree:
        asked.append(graph.config.scale)
        return Tree(project_folder / "copies")

    judged: list[Tree] = []
    monkeypatch.setattr(planning, "states", lambda graph, tree: judged.append(tree) or {})
    plan = planning.open_plan(project_folder, tree_of=tree_of)
    assert asked == ["smoke"]
    assert judged == [plan.tree]
    planning.open_plan(project_folder)
    assert judged[1].home


def test_a_job_elsewhere_judges_nothing_and_finds_its_node_file(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(planning, "states")
    plan = planning.plan_of_job(project_folder)
    plan.write_files()
    nodes = list(plan.graph.nodes.values())
    assert all((project_folder / node_file(node)).is_file() for node in nodes)
    assert plan.todo() == []
    assert not (project_folder / ".reprise" / "redo").exists()


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text("scale: smoke\npapers: [pearce2023]\n")
    return tmp_path


def test_what_was_never_made_gets_more_than_what_was(empty: Any) -> None:
    plan = empty.plan()
    run, table = empty.world.node("run"), empty.world.node("table")
    memory, minutes = plan.memory_mb(run), plan.runtime_min(run)
    assert minutes >= 60 > plan.runtime_min(table)
    empty.world.make(run)
    plan = empty.plan()
    assert plan.memory_mb(run) < memory
    assert plan.runtime_min(run) < minutes


@pytest.mark.parametrize(
    ("scale", "kind", "gpus"),
    [
        ("smoke", "run", 0),
        ("cpu", "run", 0),
        ("gpu", "run", 1),
        ("paper", "run", 1),
        ("gpu", "table", 0),
    ],
)
def test_trainings_made_for_a_gpu_get_one(planned: Any, scale: str, kind: str, gpus: int) -> None:
    plan, node = planned.plan(), planned.world.node(kind)
    assert plan.gpus(replace(node, scale=scale)) == gpus
    enough = plan.memory_mb(replace(node, scale=scale)) >= 8000
    assert enough == bool(gpus), "the libraries of a GPU take memory of the host"


def test_a_training_gets_the_cores_that_its_spec_asks_for(planned: Any) -> None:
    plan, node = planned.plan(), planned.world.node("run")
    assert plan.threads(replace(node, spec={"run": {"threads": 4}})) == 4
    assert plan.threads(planned.world.node("table")) == 1


def test_long_jobs_and_unknown_ones_of_large_scales_are_not_short(empty: Any) -> None:
    plan, node = empty.plan(), empty.world.node("run")
    assert plan.short(node)
    assert not plan.short(replace(node, scale="gpu"))
    empty.world.make(node)
    plan = empty.plan()
    assert plan.short(node)
    assert plan.short(replace(node, scale="gpu"))
    path = empty.world.record("run")
    path.write_text(path.read_text().replace('"wall_s": 1.5', '"wall_s": 301.5'))
    assert not empty.plan().short(node)


def test_the_engine_opens_the_plan_that_started_it(planned: Any) -> None:
    planned.world.output("table").write_text("other")
    plan = planned.plan()
    file = planned.world.root / ".reprise" / "plans" / "a.json"
    plan.save(file)
    before = triggers(planned)
    again = planning.saved_plan(planned.world.root, file)
    assert again.graph.nodes == plan.graph.nodes
    assert list(again.graph.nodes) == list(plan.graph.nodes), "parents before children"
    assert (again.states, again.graph.config) == (plan.states, plan.graph.config)
    assert ids(again.todo(["demo/figure/F1"])) == ["demo/table/summary", "demo/figure/F1"]
    assert [again.redo(n) for n in again.graph.nodes.values()] == [
        plan.redo(n) for n in plan.graph.nodes.values()
    ]
    assert triggers(planned) == before != set()


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"config": {}, "nodes": [["x"]]}'])
def test_a_damaged_plan_says_what_to_do(planned: Any, content: str | None) -> None:
    file = planned.world.root / "plan.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match="run the same command again"):
        planning.saved_plan(planned.world.root, file)


def test_a_plan_whose_node_files_are_gone_says_what_to_do(planned: Any) -> None:
    file = planned.world.root / "plan.json"
    plan = planned.plan()
    plan.save(file)
    (planned.world.root / node_file(planned.world.node("table"))).unlink()
    with pytest.raises(ConfigError, match="reprise plan"):
        planning.saved_plan(planned.world.root, file)
