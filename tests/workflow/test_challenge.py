"""The auditor's verbs, end to end: made again, compared, taken over from another machine."""

import json
import shutil
from pathlib import Path

import pytest
from workspace import NODES, PLAIN_FUSIONS, Workspace, edit

from reprise.storage.atomic import sha256
from reprise.surroundings import XLA_FLAGS

CHECKPOINTS = ("*.safetensors", "metrics.csv")


def clone(workspace: Workspace) -> Path:
    """Leave ``workspace`` as after a fresh clone; returns the results that it had."""
    results = workspace.root.with_name("results-of-another-machine")
    shutil.move(workspace.results, results)
    for name in (".reprise", ".snakemake"):
        shutil.rmtree(workspace.root / name)
    return results


def test_an_auditor_makes_a_published_figure_again_from_nothing(workspace: Workspace) -> None:
    published = workspace.root / "results" / "published" / "smoke"
    shutil.copytree(clone(workspace), published, ignore=shutil.ignore_patterns(*CHECKPOINTS))
    path = "results/published/smoke/demo2024/figures/F1-accuracy.svg"
    answer = json.loads(workspace.call("reprise", "challenge", path, "--json", code=0).stdout)
    assert answer["answer"] == "identical"
    assert {node["id"]: (node["status"], node["taken"]) for node in answer["nodes"]} == {
        NODES[name]: ("identical", False) for name in ("run", "accuracy", "figure")
    }
    assert not workspace.results.exists()
    assert list((workspace.root / ".reprise" / "challenge").iterdir()) == []


def test_a_table_rewritten_with_all_its_records_is_caught_by_nothing_else(
    workspace: Workspace,
) -> None:
    table = workspace.results / "demo2024" / "tables" / "accuracy.csv"
    before = sha256(table)
    line = table.read_text().splitlines()[-1]
    start, _, cell = line.rpartition(",")
    forged = str(float(cell) / 2)
    edit(table, line, f"{start},{forged}")
    for record in workspace.results.rglob("*record.json"):
        record.write_text(record.read_text().replace(before, sha256(table)))
    assert workspace.status()["accuracy"].name == "current"
    command = ("reprise", "challenge", "demo2024/F1", "--from", "runs")
    output = workspace.call(*command, code=4).stdout
    assert "demo2024/table/accuracy" in output
    assert f"{forged} -> {cell}" in output
    (kept,) = (workspace.root / ".reprise" / "challenge").iterdir()
    assert f"Kept: {kept}" in output
    assert sha256(kept / table.relative_to(workspace.root)) == before


def elsewhere(workspace: Workspace) -> Workspace:
    """The same project as another processor computes: with instructions that multiply and add."""
    flags = f"{PLAIN_FUSIONS} --xla_cpu_max_isa=AVX2"
    return Workspace(workspace.root, {XLA_FLAGS: flags})


@pytest.mark.faults
def test_an_honest_figure_is_equal_on_another_processor(workspace: Workspace) -> None:
    """Its accuracies come out the same although no weight does."""
    command = ("reprise", "challenge", "demo2024/F1", "--json")
    found = json.loads(elsewhere(workspace).call(*command, code=0).stdout)
    assert found["answer"] in ("identical", "equal")
    assert any(text.startswith("instructions was ") for text in found["environment"])
    run = next(node for node in found["nodes"] if node["kind"] == "run")
    assert any(file["status"] != "identical" for file in run["files"]), "its bits are others"


def test_a_published_figure_is_drawn_again_from_its_tables(workspace: Workspace) -> None:
    """Nothing is trained; the code of the training may be that of another release."""
    published = workspace.root / "results" / "published" / "smoke"
    shutil.copytree(clone(workspace), published, ignore=shutil.ignore_patterns(*CHECKPOINTS))
    edit(workspace.paper / "paper.yaml", "learning_rate: 0.003", "learning_rate: 0.004")
    path = "results/published/smoke/demo2024/figures/F1-accuracy.svg"
    answer = workspace.call("reprise", "challenge", path, "--from", "tables", "--json", code=0)
    found = json.loads(answer.stdout)
    assert (found["answer"], found["from"]) == ("identical", "tables")
    assert {node["id"]: node["taken"] for node in found["nodes"]} == {
        NODES["accuracy"]: True,
        NODES["figure"]: False,
    }


@pytest.mark.faults
def test_trainings_are_checked_in_seconds_without_a_checkpoint(workspace: Workspace) -> None:
    published = workspace.root / "results" / "published" / "smoke"
    shutil.copytree(clone(workspace), published, ignore=shutil.ignore_patterns(*CHECKPOINTS))
    command = ("reprise", "challenge", "--spot", "--tree", str(published), "--json")

    def spot(workspace: Workspace, code: int) -> dict[str, object]:
        (run,) = json.loads(workspace.call(*command, code=code).stdout)["runs"]
        return dict(run)

    assert spot(workspace, 0) | {"seconds": 0, "commit": None} == {
        "id": NODES["run"],
        "status": "identical",
        "updates": 16,
        "reasons": [],
        "commit": None,
        "seconds": 0,
    }
    found = spot(elsewhere(workspace), 0)
    assert found["status"] == "equal"
    assert "instructions was " in str(found["reasons"])
    for record in published.rglob("record.json"):
        edit(record, '"learning_rate": 0.003', '"learning_rate": 0.004')
    found = spot(workspace, 4)
    assert found["status"] == "differs"
    assert "member 0: other parameters after 16 updates" in str(found["reasons"])


def test_other_settings_are_not_comparable(workspace: Workspace) -> None:
    edit(workspace.paper / "paper.yaml", "learning_rate: 0.003", "learning_rate: 0.004")
    output = workspace.call("reprise", "challenge", "demo2024/F1", code=3).stdout
    assert "optimizer.learning_rate: 0.003 -> 0.004" in output
    assert not (workspace.root / ".reprise" / "challenge").exists()


def test_results_of_another_machine_are_adopted_and_nothing_is_left_to_do(
    workspace: Workspace,
) -> None:
    foreign = clone(workspace)
    assert workspace.predicted() == set(NODES.values())
    assert "6 adopted" in workspace.call("reprise", "adopt", str(foreign), code=0).stdout
    assert {state.name for state in workspace.status().values()} == {"current"}
    assert workspace.planned() == set()
    own = str(workspace.results.relative_to(workspace.root))
    compared = workspace.call("reprise", "compare", own, str(foreign), code=0).stdout
    assert "verdicts: 1 compared, 0 not the same" in compared
