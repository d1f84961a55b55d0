"""A project folder around the small graph, with a plan of it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from small_world import World, small_graph

from reprise.graph.nodes import Node
from reprise.jobs.job_files import node_file, write_node_files
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records.state import states
from reprise.records.tree import Tree


@dataclass
class Planned:
    """A world, and the plan that is made of it as it is now."""

    world: World

    @property
    def project(self) -> Project:
        return Project(self.world.root)

    def plan(self) -> Plan:
        graph = self.world.graph
        return Plan(self.project, graph, states(graph, Tree.own(self.world.root, "cpu")))

    def file(self, node: Node) -> Path:
        """The node's file, as the jobs get it."""
        write_node_files(self.project, self.world.graph)
        return self.world.root / node_file(node)


@pytest.fixture
def empty(tmp_path: Path) -> Planned:
    """Nothing made yet; the nodes have no code that could be edited."""
    graph = small_graph(code={})
    return Planned(World(tmp_path, graph))


@pytest.fixture
def planned(empty: Planned) -> Planned:
    """Everything made."""
    for node in empty.world.graph.nodes.values():
        empty.world.make(node)
    return empty
