"""The crate of a tree: what it answers, what is written, and what its check refuses.

It answers the competency questions of Workflow Run RO-Crate (Leo et al. 2024, table 1), put to it
as an independent reader, the rocrate package, opens it.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rocrate.rocrate import ROCrate
from small_world import EXECUTION, World

from reprise.audit.crate import METADATA, NotACrate, check, describe, newest_commit, write
from reprise.records.environment import environment
from reprise.records.record import Record, read_record
from reprise.records.tree import Tree
from reprise.storage.atomic import sha256

RUN = "#make/demo/run/main/00"
TABLE = "#make/demo/table/summary"
FIGURE = "#make/demo/figure/F1"
PICTURE = "results/cpu/demo/figures/F1.svg"


def described(project: World, folder: Path | None = None, **more: Any) -> Any:
    tree = Tree(folder) if folder else Tree.own(project.root, "cpu")
    return describe(project.root, project.graph, tree, "2026-01-31", **more)


def metadata(crate: Any) -> bytes:
    return b"".join(part for _, part in crate.metadata.stream())


@pytest.fixture
def folder(project: World, tmp_path: Path) -> Path:
    """The crate, as a folder; the run's weights are not in the tree."""
    project.output("run", "safetensors").unlink()
    record = json.loads(project.record("run").read_text())
    record["predicate"]["commit"] = {"sha": "0123abcd", "dirty": True}
    project.record("run").write_text(json.dumps(record))
    target = tmp_path / "crate"
    assert write(described(project, agent="Ada Lovelace"), target) == []
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
        assert {"config.yaml", "src/papers/demo/paper.yaml"} <= used


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
        "src/papers/demo/claims.yaml",
        "src/papers/demo/paper.yaml",
        "src/papers/demo/reference/points.csv",
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
    assert ("#workflow/src/papers/demo/reference/points.csv", "#table/inputs") in flows
    assert ("#workflow/src/papers/demo/claims.yaml", "#table/inputs") not in flows


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
    silent = described(project)
    assert not [e for e in silent.get_entities() if "agent" in e or e.type == "Person"]


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


# Writing.


def test_the_same_records_give_the_same_bytes_wherever_they_lie(
    project: World, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere"
    (tmp_path / "results" / "cpu").rename(copy)
    after = metadata(described(project, copy))
    copy.rename(tmp_path / "results" / "cpu")
    assert metadata(described(project)) == after
    assert str(tmp_path).encode() not in after


def test_hash_seeds_change_nothing(project: World) -> None:
    """Sets and dicts in another order give the same file."""
    program = (
        "import sys, hashlib; from pathlib import Path\n"
        "from test_crate import described, metadata; from small_world import World\n"
        "print(hashlib.sha256(metadata(described(World(Path(sys.argv[1]))))).hexdigest())"
    )
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    marks = set()
    for seed in ("0", "1"):
        variables = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(folders)}
        command = [sys.executable, "-c", program, str(project.root)]
        marks.add(subprocess.run(command, check=True, capture_output=True, env=variables).stdout)
    assert len(marks) == 1


def test_a_folder_follows_the_records(project: World, tmp_path: Path) -> None:
    target = tmp_path / "crate"
    write(described(project), target)
    (target / "config.yaml").write_text("scale: paper\n")
    (target / "old.txt").write_text("x")
    project.output("run", "safetensors").unlink()
    assert write(described(project), target) == []
    assert not list(target.rglob("*.safetensors")) and not (target / "old.txt").exists()
    assert (target / "config.yaml").read_text() == "scale: cpu\n"
    assert [path.name for path in tmp_path.glob("*crate*")] == ["crate"]


def test_a_folder_of_something_else_is_left_alone(project: World, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("x")
    with pytest.raises(NotACrate, match="not empty"):
        write(described(project), tmp_path / "thesis")
    assert [p.name for p in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_a_zip_holds_the_same(project: World, tmp_path: Path) -> None:
    assert write(described(project), tmp_path / "a.zip") == []
    write(described(project), tmp_path / "crate")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    paths = [path for path in (tmp_path / "crate").rglob("*") if path.is_file()]
    assert len(paths) > 10
    for path in paths:
        same = tmp_path / "unpacked" / path.relative_to(tmp_path / "crate")
        assert sha256(same) == sha256(path)


def test_no_network_is_needed(
    project: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert write(described(project), tmp_path / "crate") == []


def git(root: Path, *arguments: str, **variables: str) -> str:
    command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


def test_its_day_is_that_of_the_newest_recorded_commit(project: World, tmp_path: Path) -> None:
    record = read_record(project.record("run"))
    assert newest_commit(tmp_path, [record]) is None
    git(tmp_path, "init", "--quiet")
    shas = []
    for day in ("2026-01-05T23:30:00-0300", "2025-12-31T00:00:00+0000", "2026-03-01T00:00:00+0000"):
        git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", day, GIT_COMMITTER_DATE=day)
        shas.append(git(tmp_path, "rev-parse", "HEAD"))

    def at(sha: str) -> Record:
        return Record(**{**vars(record), "commit": {"sha": sha, "dirty": False}})

    assert newest_commit(tmp_path, [at(shas[0]), at(shas[1])]) == "2026-01-06"
    assert newest_commit(tmp_path, [at(shas[1]), at("0" * 40)]) == "2025-12-31"
    assert newest_commit(tmp_path, [at("0" * 40)]) is None


# The check.


@pytest.fixture
def whole(project: World, tmp_path: Path) -> Path:
    write(described(project), tmp_path / "crate")
    return tmp_path / "crate"


def edit(folder: Path, change: Callable[[dict[str, dict[str, Any]]], Any]) -> None:
    """Change the entities, by id."""
    text = json.loads((folder / METADATA).read_text())
    change({entity["@id"]: entity for entity in text["@graph"]})
    (folder / METADATA).write_text(json.dumps(text))


def test_a_whole_crate_has_no_fault(whole: Path) -> None:
    assert check(whole) == []


@pytest.mark.faults
def test_a_missing_file(whole: Path) -> None:
    (whole / PICTURE).unlink()
    assert check(whole) == [f"{PICTURE} is missing"]


@pytest.mark.faults
def test_an_edited_file(whole: Path) -> None:
    (whole / PICTURE).write_bytes(b"<svg>?</svg")
    assert check(whole) == [f"{PICTURE}: wrong digest"]


@pytest.mark.faults
def test_an_edited_digest(whole: Path) -> None:
    edit(whole, lambda entities: entities[PICTURE].update(sha256="0" * 64))
    assert check(whole) == [f"{PICTURE}: wrong digest"]


def test_a_dropped_digest(whole: Path) -> None:
    edit(whole, lambda entities: entities[PICTURE].pop("sha256"))
    assert check(whole) == [f"{PICTURE}: wrong digest"]


def test_a_wrong_size(whole: Path) -> None:
    edit(whole, lambda entities: entities[PICTURE].update(contentSize="1"))
    assert check(whole) == [f"{PICTURE}: wrong size"]


def test_a_file_that_is_not_described(whole: Path) -> None:
    (whole / "notes.txt").write_text("x")
    assert check(whole) == ["notes.txt is not described"]


def test_an_entity_that_is_gone(whole: Path) -> None:
    text = json.loads((whole / METADATA).read_text())
    text["@graph"] = [e for e in text["@graph"] if e["@id"] != "#step/run"]
    (whole / METADATA).write_text(json.dumps(text))
    assert "#step/run/execution: instrument refers to #step/run, which is not described" in check(
        whole
    )


@pytest.mark.faults
@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("/home/ada/reprise/results", "/home/ada/reprise/results"),
        ("made with --out=/tmp/x/y.svg", None),
        ('["/data/points.csv"]', "/data/points.csv"),
        ("file:///data/points.csv", "file:"),
        ("%2Fhome%2Fada%2Fx", "/home/ada/x"),
        ("C:\\Users\\ada", "C:\\"),
        ("(/srv/project/results/cpu)", "/srv/project/results/cpu"),
    ],
)
def test_an_absolute_path_in_any_text(whole: Path, text: str, leak: str | None) -> None:
    edit(whole, lambda entities: entities[PICTURE].update(description=text))
    (fault,) = check(whole)
    assert fault == f"{PICTURE}: absolute path {leak or '/tmp/x/y.svg'!r}"


@pytest.mark.parametrize(
    "text",
    ["https://w3id.org/ro/crate/1.1", "results/cpu/a.csv", "24.5/12", "and/or", "0/1/2", "a / b"],
)
def test_what_only_looks_like_a_path(whole: Path, text: str) -> None:
    edit(whole, lambda entities: entities[PICTURE].update(description=text))
    assert check(whole) == []


def test_a_file_outside_of_the_crate(whole: Path) -> None:
    edit(whole, lambda entities: entities[PICTURE].update({"@id": "/results/F1.svg"}))
    faults = check(whole)
    assert "/results/F1.svg: absolute path '/results/F1.svg'" in faults
    assert f"{PICTURE} is not described" in faults


def test_a_profile_that_is_not_claimed(whole: Path) -> None:
    edit(whole, lambda entities: entities["./"].pop("conformsTo"))
    assert check(whole)[0].startswith("does not conform to")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"@graph": []}', '{"@graph": [1]}'])
def test_metadata_that_is_none(whole: Path, content: str) -> None:
    (whole / METADATA).write_text(content)
    (fault,) = check(whole)
    assert fault.startswith(f"{METADATA} is no crate")


def test_a_zip_file_is_looked_into(whole: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "crate"), "zip", whole)
    assert check(tmp_path / "crate.zip") == []
    (whole / PICTURE).unlink()
    shutil.make_archive(str(tmp_path / "less"), "zip", whole)
    assert check(tmp_path / "less.zip") == [f"{PICTURE} is missing"]
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    assert len(check(tmp_path / "none.zip")) == 1
