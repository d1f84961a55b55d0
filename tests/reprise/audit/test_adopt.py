"""Results of another machine: verified first, copied only where they fit what is here."""

import shutil
from pathlib import Path

import pytest
from small_world import CONTENT, World, small_graph

from reprise.audit.adopt import Adoption, adopt, exit_code
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records import state
from reprise.records.state import states, to_make
from reprise.records.tree import Tree, lock_text, take_inventory
from reprise.specs.errors import ConfigError

OTHER = {**CONTENT, "params.safetensors": b"other weights", "summary.csv": b"quantity,value\na,9\n"}


@pytest.fixture
def here(tmp_path: Path) -> World:
    """This machine, where nothing was made."""
    return World(tmp_path, small_graph(code={}))


@pytest.fixture
def foreign(here: World, tmp_path: Path) -> World:
    """The same project on another machine, with everything made."""
    return World(tmp_path / "machine", here.graph).make_all()


def folder(world: World) -> Path:
    return world.root / "results" / "cpu"


def taken(here: World, foreign: World, replace: bool = False) -> dict[str, Adoption]:
    inventory = take_inventory(folder(foreign))
    found = adopt(Project(here.root), here.graph, inventory, replace)
    return {adoption.id.partition("/")[2]: adoption for adoption in found}


def results(found: dict[str, Adoption]) -> dict[str, str]:
    return {name: adoption.result for name, adoption in found.items()}


def left_to_make(world: World) -> list[str]:
    known = states(world.graph, Tree.own(world.root, "cpu"))
    return [node.kind for node in to_make(world.graph, known, list(world.graph.nodes))]


def test_everything_valid_is_taken_over_and_nothing_is_left_to_make(
    here: World, foreign: World
) -> None:
    found = taken(here, foreign)
    assert set(results(found).values()) == {"adopted"}
    assert exit_code(found.values()) == 0
    assert set(here.states().values()) == {state.State("current")}
    assert left_to_make(here) == []
    assert set(results(taken(here, foreign)).values()) == {"already here"}


def test_tokens_of_what_had_to_be_made_lose_their_force(here: World, foreign: World) -> None:
    project = Project(here.root)
    own = Tree.own(here.root, "cpu")
    Plan(project, here.graph, states(here.graph, own)).write_files()
    tokens = [path for path in (project.cache / "redo").rglob("*") if path.is_file()]
    assert tokens
    taken(here, foreign)
    assert {path.stat().st_mtime for path in tokens} == {0}


def test_what_was_altered_is_refused_with_all_that_was_made_of_it(
    here: World, foreign: World
) -> None:
    foreign.output("table").write_bytes(b"quantity,value\na,1\n")
    found = taken(here, foreign)
    assert results(found) == {
        "run/main/00": "adopted",
        "run/alone/00": "adopted",
        "table/summary": "tampered",
        "figure/F1": "refused",
    }
    assert found["figure/F1"].reasons == ("its input demo/table/summary was not taken over",)
    assert exit_code(found.values()) == 4
    assert not here.output("table").exists()


@pytest.mark.parametrize("kind", ["run", "table"])
def test_without_its_record_nothing_is_taken(here: World, foreign: World, kind: str) -> None:
    foreign.record(kind).unlink()
    found = taken(here, foreign)
    name = "run/main/00" if kind == "run" else "table/summary"
    assert found[name].result == "tampered"
    assert found[name].reasons[0] == "unverifiable"
    assert exit_code(found.values()) == 4


def test_an_incomplete_run_is_refused(here: World, foreign: World) -> None:
    foreign.output("run", "params.safetensors").unlink()
    found = taken(here, foreign)
    assert found["run/main/00"].result == "refused"
    assert exit_code(found.values()) == 3
    assert not here.record("run").exists()


def test_a_published_copy_without_checkpoints_is_refused(here: World, foreign: World) -> None:
    for path in folder(foreign).rglob("*.safetensors"):
        path.unlink()
    (folder(foreign) / "lock.txt").write_text(lock_text(folder(foreign)))
    found = taken(here, foreign)
    assert found["run/main/00"].result == "refused"
    assert "not shipped" in found["run/main/00"].reasons[0]
    assert found["table/summary"].result == "refused"


def test_tables_of_a_copy_without_checkpoints_fit_the_same_runs(
    here: World, foreign: World
) -> None:
    runs = [node for node in here.graph.nodes.values() if node.kind == "run"]
    for node in runs:
        here.make(node)
    for path in folder(foreign).rglob("*.safetensors"):
        path.unlink()
    (folder(foreign) / "lock.txt").write_text(lock_text(folder(foreign)))
    found = taken(here, foreign)
    assert results(found) == {
        "run/main/00": "already here",
        "run/alone/00": "already here",
        "table/summary": "adopted",
        "figure/F1": "adopted",
    }
    assert left_to_make(here) == []


def test_results_of_other_settings_are_stale(here: World, foreign: World) -> None:
    changed = here.replaced(run={"optimizer": {"learning_rate": 0.2}, "steps": 10}, code={})
    found = taken(changed, foreign)
    assert results(found) == {
        "run/main/00": "refused",
        "run/alone/00": "adopted",
        "table/summary": "refused",
        "figure/F1": "refused",
    }
    assert "learning_rate: 0.1 -> 0.2" in " ".join(found["run/main/00"].reasons)
    assert exit_code(found.values()) == 3


def test_other_versions_are_taken_over_and_said(
    here: World, foreign: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "versions", lambda kind: {"numpy": "99"})
    found = taken(here, foreign)
    assert set(results(found).values()) == {"adopted"}
    assert any("numpy" in reason for reason in found["table/summary"].reasons)
    assert {s.name for s in here.states().values()} == {"behind"}


def test_valid_results_with_other_content_are_kept_unless_told_otherwise(
    here: World, foreign: World
) -> None:
    here.make_all(OTHER)
    found = taken(here, foreign)
    assert results(found) == {
        "run/main/00": "kept",
        "run/alone/00": "already here",
        "table/summary": "refused",
        "figure/F1": "already here",
    }
    assert found["table/summary"].reasons == ("its input demo/run/main/00 has other content here",)
    assert exit_code(found.values()) == 3
    assert here.output("run", "params.safetensors").read_bytes() == b"other weights"
    found = taken(here, foreign, replace=True)
    assert results(found)["run/main/00"] == "adopted"
    assert exit_code(found.values()) == 0
    assert here.output("table").read_bytes() == CONTENT["summary.csv"]
    assert left_to_make(here) == []


def test_nothing_valid_is_overwritten_by_something_that_is_not(here: World, foreign: World) -> None:
    here.make_all(OTHER)
    foreign.output("table").write_bytes(b"quantity,value\na,1\n")
    foreign.output("run", "params.safetensors").unlink()
    taken(here, foreign, replace=True)
    assert here.output("table").read_bytes() == OTHER["summary.csv"]
    assert left_to_make(here) == []


def test_runs_alone_are_taken_over(here: World, foreign: World) -> None:
    shutil.rmtree(folder(foreign) / "demo" / "tables")
    shutil.rmtree(folder(foreign) / "demo" / "figures")
    found = taken(here, foreign)
    assert results(found) == {"run/main/00": "adopted", "run/alone/00": "adopted"}
    assert exit_code(found.values()) == 0
    assert left_to_make(here) == ["table", "figure"]


def test_links_out_of_the_tree_are_not_followed(
    here: World, foreign: World, tmp_path: Path
) -> None:
    path = foreign.output("run", "params.safetensors")
    outside = tmp_path / "weights"
    shutil.move(path, outside)
    path.symlink_to(outside)
    found = taken(here, foreign)
    assert found["run/main/00"].result in ("refused", "tampered")
    assert "link" in " ".join(found["run/main/00"].reasons)
    assert not here.record("run").exists()


def test_what_no_node_answers_to_is_refused(here: World, foreign: World) -> None:
    graph = small_graph(code={})
    del graph.nodes["demo/run/alone/00"]
    found = taken(World(here.root, graph), foreign)
    assert found["run/alone/00"].reasons == ("nothing in this version makes it",)


def test_the_own_tree_is_an_error_of_the_user(here: World) -> None:
    here.make_all()
    with pytest.raises(ConfigError, match="own tree"):
        taken(here, here)
