"""Files that tell jobs what to make."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.jobs.job_files import (
    age_triggers,
    node_file,
    read_node_file,
    trigger,
    write_node_files,
    write_trigger,
)
from reprise.project import Project
from reprise.specs.load import Config


def run(name: str) -> Node:
    return Node(
        id=f"demo/run/{name}/00",
        kind="run",
        paper="demo",
        name=name,
        scale="smoke",
        spec={"steps": 1},
        code={},
        inputs=(),
        files={},
        fingerprint="0" * 64,
        outputs=(f"{name}/params.safetensors",),
        record=f"{name}/record.json",
    )


def test_runs_of_the_same_parameters_have_files_of_their_own(tmp_path: Path) -> None:
    nodes = {node.id: node for node in (run("one"), run("two"))}
    write_node_files(Project(tmp_path), Graph(Config(scale="smoke"), nodes=nodes))
    for node in nodes.values():
        assert read_node_file(tmp_path / node_file(node)) == (node, [])


@pytest.mark.faults
def test_a_plan_for_another_scale_leaves_the_files_of_this_one(
    tmp_path: Path,
) -> None:
    """A node that is the same at both has the same fingerprint, but another place."""
    node, project = run("one"), Project(tmp_path)
    other = replace(node, scale="night", record="night/record.json")
    for each in (node, other):
        scale = Config.model_validate({"scale": each.scale})
        write_node_files(project, Graph(scale, nodes={each.id: each}))
        write_trigger(project, trigger(each, "missing"))
    age_triggers(project, other)
    assert read_node_file(tmp_path / node_file(node)) == (node, [])
    assert (tmp_path / trigger(node, "missing")).stat().st_mtime > time.time()


def test_claims_and_axes_stay_in_the_order_in_which_they_are_written(tmp_path: Path) -> None:
    node = replace(run("one"), kind="verdict", spec={"claims": {"second": 1, "first": 2}})
    write_node_files(Project(tmp_path), Graph(Config(scale="smoke"), nodes={node.id: node}))
    read, _ = read_node_file(tmp_path / node_file(node))
    assert list(read.spec["claims"]) == ["second", "first"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def graph(*names: str) -> Graph:
    nodes = {node.id: node for node in map(run, names)}
    return Graph(Config(scale="smoke"), nodes=nodes)


def test_a_second_plan_writes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write_node_files(project, graph("one", "two"))
    monkeypatch.setattr("reprise.jobs.job_files.write_text", None)
    write_node_files(project, graph("one", "two"))


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff"])
def test_a_damaged_file_is_written_again(project: Project, damage: bytes) -> None:
    write_node_files(project, graph("one"))
    path = project.path(node_file(run("one")))
    path.write_bytes(damage)
    write_node_files(project, graph("one"))
    assert read_node_file(path) == (run("one"), [])


def test_no_plan_waits_for_the_disk(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand nodes would have it wait for minutes, for files that any plan writes again."""
    monkeypatch.setattr(os, "fsync", None)
    write_node_files(project, graph("one", "two"))
    assert read_node_file(project.path(node_file(run("two")))) == (run("two"), [])
