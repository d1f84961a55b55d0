"""A crate answers the competency questions of Workflow Run RO-Crate (Leo et al. 2024, table 1).

The questions are put to the crate as an independent reader, the rocrate package, opens it.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rocrate.rocrate import ROCrate
from small_world import EXECUTION, World

from reprise.provenance.crate.description import describe
from reprise.provenance.crate.store import write_folder
from reprise.records.environment import environment
from reprise.records.tree import Tree
from reprise.storage.atomic import sha256

RUN = "#make/demo/run/main/00"
TABLE = "#make/demo/table/summary"
FIGURE = "#make/demo/figure/F1"


@pytest.fixture
def folder(project: World, tmp_path: Path) -> Path:
    """The crate, as a folder; the run's weights are not in the tree."""
    project.output("run", "safetensors").unlink()
    record = json.loads(project.record("run").read_text())
    record["predicate"]["commit"] = {"sha": "0123abcd", "dirty": True}
    project.record("run").write_text(json.dumps(record))
    described = describe(
        project.root, project.graph, Tree.own(project.root, "cpu"), "2026-01-31", "Ada Lovelace"
    )
    target = tmp_path / "crate"
    write_folder(described, target)
    return target


@pytest.fixture
def crate(folder: Path) -> Any:
    return ROCrate(folder)


def listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def ids(entity: Any, name: str) -> set[str]:
    found = listed(entity.get(name))
    return {value if isinstance(value, str) else value.id for value in found}


def values(entity: Any, name: str) -> dict[str, Any]:
    """Name -> value of the PropertyValues that ``entity`` refers to by ``name``."""
    found = listed(entity.get(name))
    return {v["name"]: v["value"] for v in found if v.type == "PropertyValue"}


def actions(crate: Any, kind: str = "CreateAction") -> dict[str, Any]:
    return {entity.id: entity for entity in crate.get_by_type(kind)}


def test_it_is_a_run_crate_on_version_1_1(crate: Any, folder: Path) -> None:
    context = json.loads((folder / "ro-crate-metadata.json").read_text())["@context"]
    assert context[0] == "https://w3id.org/ro/crate/1.1/context"
    assert "https://w3id.org/ro/crate/1.1" in ids(crate.metadata, "conformsTo")
    assert {f"https://w3id.org/ro/wfrun/{p}/0.5" for p in ("process", "workflow", "provenance")} < (
        ids(crate.root_dataset, "conformsTo")
    )
    assert crate.mainEntity.id == "Snakefile"
    assert "HowTo" in crate.mainEntity.type and crate.datePublished.isoformat()[:4] == "2026"


@pytest.mark.faults
def test_cq1_and_cq4_container_images_and_environment_files(crate: Any) -> None:
    """No step runs in a container; the environment is a file and a hashed lock."""
    assert not [a for a in actions(crate).values() if a.get("containerImage")]
    assert ids(crate.mainEntity, "buildInstructions") == {
        "environment.yml",
        "requirements/lock.txt",
    }
    for step in listed(crate.mainEntity["step"]):
        assert step["buildInstructions"].id == "environment.yml"
    assert crate.get("environment.yml")["encodingFormat"] == "application/yaml"


@pytest.mark.faults
def test_cq2_memory_processor_and_time(crate: Any, project: World) -> None:
    run = crate.get(RUN)
    assert values(run, "resourceUsage") == EXECUTION
    units = {u["name"]: u["unitCode"].rpartition("/")[2] for u in run["resourceUsage"]}
    assert units == {"wall_s": "SEC", "peak_memory_bytes": "BYTE"}
    told = values(run, "additionalProperty")
    around = environment(project.root, "run")
    assert {name: told[name] for name in ("cpu", "cpu_count", "platform", "lock_sha256")} == {
        name: around[name] for name in ("cpu", "cpu_count", "platform", "lock_sha256")
    }


@pytest.mark.faults
def test_cq3_configuration_files_of_a_step(crate: Any) -> None:
    for identifier in (RUN, TABLE, FIGURE):
        used = ids(crate.get(identifier), "object")
        assert {"config.yaml", "src/reprise/papers/demo/paper.yaml"} <= used


@pytest.mark.faults
def test_cq5_and_cq6_how_long_a_component_and_the_workflow_take(crate: Any) -> None:
    made = {i: values(a, "resourceUsage")["wall_s"] for i, a in actions(crate).items()}
    whole = made.pop("#run")
    assert len(made) == 4
    assert whole == sum(made.values()) == 4 * EXECUTION["wall_s"]


@pytest.mark.faults
def test_cq7_success(crate: Any) -> None:
    done = "http://schema.org/CompletedActionStatus"
    found = [
        *actions(crate).values(),
        *actions(crate, "ControlAction").values(),
        *actions(crate, "OrganizeAction").values(),
    ]
    assert len(found) == 5 + 3 + 1
    assert {action["actionStatus"] for action in found} == {done}


@pytest.mark.faults
def test_cq8_inputs_and_outputs_of_the_workflow(crate: Any) -> None:
    whole = crate.get("#run")
    assert whole["instrument"] is crate.mainEntity
    assert ids(whole, "object") == {
        "config.yaml",
        "src/reprise/papers/demo/claims.yaml",
        "src/reprise/papers/demo/paper.yaml",
        "src/reprise/papers/demo/reference/points.csv",
        "#workflow/scale=cpu",
    }
    assert ids(whole, "result") == {
        "results/cpu/demo/tables/summary.csv",
        "results/cpu/demo/figures/F1.svg",
    }


@pytest.mark.faults
def test_cq9_version_of_the_component_in_a_step(crate: Any) -> None:
    tool = crate.get(RUN)["instrument"]
    assert (tool["name"], tool["softwareVersion"]) == (
        "reprise make (run)",
        "0123abcd-edited",
    )
    assert crate.get(TABLE)["instrument"]["softwareVersion"] == "unknown"
    assert crate.get("#engine")["softwareVersion"] == "9.27.1"


@pytest.mark.faults
def test_cq10_what_a_tool_wraps(crate: Any, project: World) -> None:
    tool = crate.get(RUN)["instrument"]
    assert tool["mainEntity"]["name"] == "reprise"
    around = environment(project.root, "run")
    needed = {p["name"]: p["version"] for p in tool["softwareRequirements"]}
    assert needed == {**around["versions"], "python": around["python"]}


@pytest.mark.faults
def test_cq11_how_parameters_reached_the_tools(crate: Any) -> None:
    rates = {
        identifier: value["value"]
        for identifier, action in actions(crate).items()
        for value in listed(action.get("object"))
        if value.get("exampleOfWork") is crate.get("#run/optimizer.learning_rate")
    }
    assert rates == {RUN: 0.1}
    flows = {
        (flow["sourceParameter"].id, flow["targetParameter"].id)
        for step in listed(crate.mainEntity["step"])
        for flow in listed(step["connection"])
    }
    assert ("#workflow/config.yaml", "#run/optimizer.learning_rate") in flows
    assert ("#run/outputs", "#table/inputs") in flows
    assert ("#workflow/src/reprise/papers/demo/reference/points.csv", "#table/inputs") in flows
    assert ("#workflow/src/reprise/papers/demo/claims.yaml", "#table/inputs") not in flows


def test_the_lineage_of_a_figure_leads_to_the_run(crate: Any) -> None:
    made_by = {r: a for a in actions(crate).values() if a.id != "#run" for r in ids(a, "result")}
    figure = made_by["results/cpu/demo/figures/F1.svg"]
    assert figure.id == FIGURE
    (table,) = {made_by[i].id for i in ids(figure, "object") if i in made_by}
    assert table == TABLE
    assert {made_by[i].id for i in ids(crate.get(table), "object") if i in made_by} == {RUN}


def test_files_carry_their_digest_and_absent_ones_say_so(
    crate: Any, folder: Path, project: World
) -> None:
    for entity in crate.get_by_type("File"):
        assert entity["sha256"] == sha256(folder / entity.id)
    (gone,) = [e for e in crate.get_by_type("CreativeWork") if e.get("creativeWorkStatus")]
    assert gone["creativeWorkStatus"] == "not included"
    assert gone["name"].endswith("params.safetensors") and gone.id.startswith("#")
    recorded = json.loads(project.record("run").read_text())["subject"]
    assert gone["sha256"] in {subject["digest"]["sha256"] for subject in recorded}
    assert gone.id in ids(crate.get(RUN), "result") and gone.id in ids(crate.get(TABLE), "object")


def test_steps_come_in_their_order(crate: Any) -> None:
    steps = {step["name"]: int(step["position"]) for step in listed(crate.mainEntity["step"])}
    assert steps == {"rule run": 0, "rule table": 1, "rule figure": 2}
    for control in actions(crate, "ControlAction").values():
        used = {action["instrument"].id for action in listed(control["object"])}
        assert used == ids(control["instrument"], "workExample")


def test_who_ran_it_is_said_only_if_told(crate: Any, project: World) -> None:
    assert {a["agent"]["name"] for a in actions(crate).values()} == {"Ada Lovelace"}
    tree = Tree.own(project.root, "cpu")
    silent = describe(project.root, project.graph, tree, "2026-01-31")
    assert not [e for e in silent.metadata["@graph"] if "agent" in e or e["@type"] == "Person"]


def test_the_validator_of_the_profile_finds_nothing(folder: Path) -> None:
    """It fetches the JSON-LD contexts, and its packages do not go together with ours."""
    validator = shutil.which("rocrate-validator")
    if validator is None:
        pytest.skip("needs rocrate-validator (package roc-validator) on PATH, and a network")
    command = [validator, "-y", "validate", "-p", "provenance-run-crate-0.5", "-v", "--no-paging"]
    found = subprocess.run([*command, str(folder)], capture_output=True, text=True)
    if "URLError" in found.stdout + found.stderr:
        pytest.skip("rocrate-validator cannot fetch the JSON-LD contexts")
    assert found.returncode == 0, found.stdout
