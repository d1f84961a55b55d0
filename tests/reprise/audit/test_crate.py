"""The crate of a tree: what it answers, what is written, and what must not be in it.

It answers the competency questions of Workflow Run RO-Crate (Leo et al. 2024, table 1), put to it
as an independent reader, the rocrate package, opens it.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from git_repository import git
from rocrate.rocrate import ROCrate
from small_world import EXECUTION, World

from reprise.audit.crate import METADATA, describe, leaks, newest_commit, write
from reprise.records.environment import environment
from reprise.records.record import Record, read_record
from reprise.records.tree import Tree
from reprise.specs.errors import ConfigError
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
    write(described(project, agent="Ada Lovelace"), target)
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


def actions(crate: Any) -> dict[str, Any]:
    return {entity.id: entity for entity in crate.get_by_type("CreateAction")}


def test_it_is_a_run_crate_on_version_1_1(crate: Any, folder: Path) -> None:
    context = json.loads((folder / "ro-crate-metadata.json").read_text())["@context"]
    assert context[0] == "https://w3id.org/ro/crate/1.1/context"
    assert "https://w3id.org/ro/crate/1.1" in ids(crate.metadata, "conformsTo")
    assert {f"https://w3id.org/ro/wfrun/{p}/0.5" for p in ("process", "workflow")} < (
        ids(crate.root_dataset, "conformsTo")
    )
    assert crate.mainEntity.id == "Snakefile"
    assert crate.datePublished.isoformat()[:4] == "2026"


@pytest.mark.faults
def test_cq1_and_cq4_container_images_and_environment_files(crate: Any) -> None:
    """No step runs in a container; the environment is a file and a hashed lock."""
    assert not [a for a in actions(crate).values() if a.get("containerImage")]
    assert ids(crate.mainEntity, "buildInstructions") == {
        "environment.yml",
        "requirements/lock.txt",
    }
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
    found = actions(crate).values()
    assert len(found) == 5
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
    assert crate.mainEntity["programmingLanguage"]["version"] == "9.27.1"


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
        i: values(action, "object").get("optimizer.learning_rate")
        for i, action in actions(crate).items()
    }
    assert {identifier: rate for identifier, rate in rates.items() if rate} == {RUN: 0.1}
    assert "src/papers/demo/reference/points.csv" in ids(crate.get(TABLE), "object")
    assert "src/papers/demo/claims.yaml" not in ids(crate.get(TABLE), "object")


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


def test_who_ran_it_is_said_only_if_told(crate: Any, project: World) -> None:
    assert {a["agent"]["name"] for a in actions(crate).values()} == {"Ada Lovelace"}
    silent = described(project)
    assert not [e for e in silent.get_entities() if "agent" in e or e.type == "Person"]


def test_the_validator_of_the_profile_finds_nothing(folder: Path) -> None:
    """It fetches the JSON-LD contexts, and its packages do not go together with ours."""
    validator = shutil.which("rocrate-validator")
    if validator is None:
        pytest.skip("needs rocrate-validator (package roc-validator) on PATH, and a network")
    command = [validator, "-y", "validate", "-p", "workflow-run-crate-0.5", "-v", "--no-paging"]
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
    write(described(project), target)
    assert not list(target.rglob("*.safetensors")) and not (target / "old.txt").exists()
    assert (target / "config.yaml").read_text() == "scale: cpu\n"
    assert [path.name for path in tmp_path.glob("*crate*")] == ["crate"]


def test_a_folder_of_something_else_is_left_alone(project: World, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("x")
    with pytest.raises(ConfigError, match="not empty"):
        write(described(project), tmp_path / "thesis")
    assert [p.name for p in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_a_zip_holds_the_same(project: World, tmp_path: Path) -> None:
    write(described(project), tmp_path / "a.zip")
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
    write(described(project), tmp_path / "crate")


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


# What must not be in it, and what must.


def with_text(project: World, text: str) -> Any:
    """The crate, with ``text`` as the description of a picture."""
    crate = described(project)
    crate.get(PICTURE)["description"] = text
    return crate


@pytest.mark.faults
@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("/home/ada/reprise/results", "/home/ada/reprise/results"),
        ("made with --out=/tmp/x/y.svg", "/tmp/x/y.svg"),
        ('["/data/points.csv"]', "/data/points.csv"),
        ("file:///data/points.csv", "file:"),
        ("%2Fhome%2Fada%2Fx", "/home/ada/x"),
        ("C:\\Users\\ada", "C:\\"),
        ("(/srv/project/results/cpu)", "/srv/project/results/cpu"),
    ],
)
def test_an_absolute_path_in_any_text_is_a_leak(project: World, text: str, leak: str) -> None:
    assert leaks(with_text(project, text)) == [f"{PICTURE}: absolute path {leak!r}"]


@pytest.mark.parametrize(
    "text",
    ["https://w3id.org/ro/crate/1.1", "results/cpu/a.csv", "24.5/12", "and/or", "0/1/2", "a / b"],
)
def test_what_only_looks_like_a_path_is_none(project: World, text: str) -> None:
    assert leaks(with_text(project, text)) == []


@pytest.mark.faults
def test_every_file_is_described_as_it_is_and_every_reference_met(folder: Path) -> None:
    entities = {e["@id"]: e for e in json.loads((folder / METADATA).read_text())["@graph"]}
    listed = {name for name, e in entities.items() if "File" in str(e["@type"])} - {METADATA}
    paths = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert listed == paths - {METADATA}
    for name in listed:
        assert entities[name]["sha256"] == sha256(folder / name)
        assert entities[name]["contentSize"] == str((folder / name).stat().st_size)
    for name, entity in entities.items():
        for target in referred(entity) - set(entities):
            assert re.match("[a-z]+:", target), f"{name} refers to {target}"


def referred(entity: dict[str, Any]) -> set[str]:
    values = [value if isinstance(value, list) else [value] for value in entity.values()]
    return {v["@id"] for value in values for v in value if isinstance(v, dict)}
