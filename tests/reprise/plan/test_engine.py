"""What the engine's jobs left behind, and which profile is meant and what is wrong with it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from workspace import ROOT

from reprise.plan.engine import file_times, find_profile, job_log, new_record
from reprise.project import Project
from reprise.specs.errors import ConfigError


def test_a_node_is_made_once_its_record_is_new(planned: Any) -> None:
    plan, node = planned.plan(), planned.world.node("table")
    before = file_times([plan.project.path(node.record)])
    assert not new_record(plan, node, before)
    planned.world.make(node)
    os.utime(planned.world.record("table"), (1, 1))
    assert new_record(plan, node, before)
    assert not new_record(plan, replace(node, fingerprint="f" * 64), before)


def test_a_node_never_made_is_made_once_it_has_a_record(empty: Any) -> None:
    plan, node = empty.plan(), empty.world.node("run")
    before = file_times([plan.project.path(node.record)])
    assert before == {}
    assert not new_record(plan, node, before)
    empty.world.make(node)
    assert new_record(plan, node, before)
    empty.world.record("run").write_text("{")
    assert not new_record(plan, node, before)


@pytest.mark.parametrize(
    ("name", "logs", "expected"),
    [
        ("summary", {"demo.summary.log": "mine", "demo.summary_long.log": "other"}, "mine"),
        ("summary", {"demo.summary_long.log": "other"}, ""),
        ("summary", {}, ""),
    ],
)
def test_the_log_is_that_of_the_node(
    planned: Any, name: str, logs: dict[str, str], expected: str
) -> None:
    folder = planned.project.cache / "logs" / "table"
    folder.mkdir(parents=True)
    for number, (file, text) in enumerate(logs.items()):
        (folder / file).write_text(text)
        os.utime(folder / file, (number, number))
    assert job_log(planned.plan(), planned.world.node("table"), {}) == expected


def test_the_log_of_a_run_is_that_of_its_last_attempt(planned: Any) -> None:
    folder = planned.project.cache / "logs" / "run"
    folder.mkdir(parents=True)
    for number, file in enumerate(["demo.main.00.aaaa.log", "demo.main.00.bbbb.log"]):
        (folder / file).write_text(file)
        os.utime(folder / file, (number, number))
    (folder / "demo.main.01.cccc.log").write_text("other job")
    plan, run = planned.plan(), planned.world.node("run")
    assert job_log(plan, run, {}) == "demo.main.00.bbbb.log"
    before = file_times(folder.glob("*.log"))
    assert job_log(plan, run, before) == "", "nothing was written since"
    (folder / "demo.main.00.aaaa.log").write_text("the cause")
    assert job_log(plan, run, before) == "the cause"


HERE = Project(ROOT)


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    folder.mkdir(parents=True)
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("name", ["config.yaml", "profile.v9+.yaml"])
def test_a_name_is_a_folder_of_the_project_and_else_a_path(tmp_path: Path, name: str) -> None:
    own = written(tmp_path / "workflow" / "profiles" / "mine", "jobs: 3", name)
    other = written(tmp_path / "elsewhere", "{executor: local}", name)
    project = Project(tmp_path)
    assert find_profile(project, "mine") == own
    assert find_profile(project, str(other)) == other
    assert find_profile(project, str(other / name)) == other / name


def test_a_name_that_is_none_tells_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"--profile: .*'defualt' \(did you mean 'default'\?\)"):
        find_profile(HERE, "defualt")


def test_an_executor_that_is_not_installed_tells_how_to_get_it(tmp_path: Path) -> None:
    folder = written(tmp_path / "there", "executor: some-where")
    with pytest.raises(ConfigError, match=r"executor: 'some-where' is not installed.*CLUSTER=1"):
        find_profile(HERE, str(folder))


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\tb: 1"])
def test_a_file_that_is_no_profile_is_named(tmp_path: Path, text: str) -> None:
    folder = written(tmp_path / "there", text)
    with pytest.raises(ConfigError, match=str(folder / "config.yaml")):
        find_profile(HERE, str(folder))


def test_every_profile_keeps_what_the_default_one_says() -> None:
    """Profiles do not inherit."""
    folder = ROOT / "workflow" / "profiles"
    default = yaml.safe_load((folder / "default" / "config.yaml").read_text())
    del default["cores"]
    slurm = yaml.safe_load((folder / "slurm" / "config.yaml").read_text())
    assert {key: slurm.get(key) for key in default} == default
    assert not {"default-resources", "set-resources"} & set(slurm), "a user's would not count then"


def test_a_profile_with_a_storage_is_for_snakemake_itself() -> None:
    with pytest.raises(ConfigError, match=r"keeps results in a storage.*snakemake --workflow"):
        find_profile(HERE, "kubernetes")
