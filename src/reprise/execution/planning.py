"""A plan: the graph, the state of every node, and what has to be made."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reprise.execution.costs import Cost, Costs
from reprise.execution.judged import keep_aside
from reprise.execution.nodefile import write_node_files
from reprise.execution.tokens import token, write_token
from reprise.graph.build import Graph, build
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.provenance.state import State, states, to_make
from reprise.provenance.trees import Tree
from reprise.specs.errors import ConfigError, suggest
from reprise.specs.load import load_config

PlanError = ConfigError


@dataclass
class Plan:
    """What there is and what is missing, for one config."""

    project: Project
    graph: Graph
    states: dict[str, State]

    def targets(self) -> list[str]:
        """The outputs that everything else leads to."""
        return [path for node in self.graph.leaves for path in node.outputs]

    def node(self, kind: str, paper: str, name: str) -> Node:
        """The node that a rule stands for; raises ConfigError with the nearest."""
        wanted = f"{paper}/{kind}/{name}" if paper else kind
        if wanted not in self.graph.nodes:
            raise ConfigError(f"nothing makes {wanted!r}{suggest(wanted, self.graph.nodes)}")
        return self.graph.nodes[wanted]

    def todo(self, targets: list[str] | None = None) -> list[Node]:
        """Nodes to make for ``targets`` (ids; default everything), parents first."""
        return to_make(self.graph, self.states, targets or [node.id for node in self.graph.leaves])

    def redo(self, node: Node) -> list[str]:
        """The token that makes the scheduler run ``node``, where it has to be made."""
        if node.id not in self._todo:
            return []
        state = self.states[node.id]
        return [token(node, "input-made-again" if state.valid else state.name)]

    def write_files(self) -> None:
        """Write what the scheduler and its jobs read: node files, tokens of what has to be made.

        Verdicts that are about to be judged again are kept aside.
        """
        write_node_files(self.project, self.graph)
        for node in self.graph.nodes.values():
            redo = self.redo(node)
            for path in redo:
                write_token(self.project, path)
            if redo and node.kind == "verdict":
                keep_aside(self.project, node)

    def cost(self, node: Node) -> Cost:
        """Estimated seconds and bytes of making ``node``, from records of earlier makings."""
        return self.costs.of(node)

    def memory_mb(self, node: Node) -> int:
        """Memory to reserve."""
        return max(1000, 2 * self.cost(node).peak_memory_bytes // 2**20)

    def runtime_min(self, node: Node) -> int:
        """Minutes to reserve."""
        return max(5, int(5 * self.cost(node).seconds / 60))

    @cached_property
    def costs(self) -> Costs:
        """What nodes cost on this machine."""
        return Costs(self.project, self.graph.nodes)

    @cached_property
    def _todo(self) -> set[str]:
        return {node.id for node in to_make(self.graph, self.states, list(self.graph.nodes))}


def open_plan(root: Path, overlay: Mapping[str, Any] | None = None) -> Plan:
    """Load the config, build the graph and judge every node; writes nothing.

    Raises:
        ConfigError: the config or a paper's file is wrong.
    """
    project = Project(root.resolve())
    graph = build(load_config(project.config, overlay))
    return Plan(project, graph, states(graph, Tree.own(project.root, graph.config.scale)))
