"""Files that tell jobs what to make."""

from pathlib import Path

from reprise.execution.nodefile import node_file, read_node_file, write_node_files
from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.specs.config import Config


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
