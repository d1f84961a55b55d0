"""A plan: the graph, the state of every node, and what has to be made."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from reprise.graph.build import Graph, build
from reprise.graph.closure import remembering
from reprise.graph.nodes import Node
from reprise.jobs.job_files import (
    keep_verdict,
    node_file,
    read_node_file,
    trigger,
    write_node_files,
    write_trigger,
)
from reprise.plan.cost import Cost, Costs
from reprise.project import Project
from reprise.records.other_scales import Twin, find_twins
from reprise.records.state import State, states, to_make
from reprise.records.tree import Tree
from reprise.specs.errors import ConfigError, refuse_unknown
from reprise.specs.load import Config, load_config
from reprise.storage.atomic import write_json
from reprise.training.devices import ACCELERATED

SAVED = "REPRISE_PLAN"
"""Environment variable of the engine: the file of the plan that started it (``Plan.save``)."""

_STEP_MB, _STEP_MIN = 1000, 10
_LEAST_MB_BESIDE_GPU = 8000  # what libraries of a GPU take of the host's
_LASTING = ("run", "dataset")  # what may take hours
_LEAST_MIN_GUESSED = 60
_SHORT_S = 300


@dataclass
class Plan:
    """What there is and what is missing, for one config."""

    project: Project
    graph: Graph
    states: dict[str, State]
    tree: Tree | None = field(default=None, kw_only=True)
    """Where the results lie, if not in the project's own tree."""
    chosen: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    """What was put on top of ``config.yaml``: with it another process has the same graph."""

    def targets(self) -> list[str]:
        """The outputs that everything else leads to."""
        return [path for node in self.graph.leaves for path in node.outputs]

    def node(self, kind: str, paper: str, name: str) -> Node:
        """The node that a rule stands for; raises ConfigError with the nearest."""
        wanted = f"{paper}/{kind}/{name}" if paper else kind
        refuse_unknown(wanted, self.graph.nodes, f"nothing makes {wanted!r}")
        return self.graph.nodes[wanted]

    def todo(self, targets: list[str] | None = None) -> list[Node]:
        """Nodes to make for ``targets`` (ids; default everything), parents first."""
        return to_make(self.graph, self.states, targets or [node.id for node in self.graph.leaves])

    @cached_property
    def twins(self) -> dict[str, Twin]:
        """Id -> the same node of another scale: 'reprise run' takes it from there."""
        if self.tree or all(state.valid for state in self.states.values()):
            return {}
        return find_twins(self.project.root, self.graph, self.states)

    def with_twins(self) -> "Plan":
        """This plan as it is once the twins were taken over."""
        taken = {name: State("current") for name in self.twins}
        return replace(self, states={**self.states, **taken}) if taken else self

    def redo(self, node: Node) -> list[str]:
        """The trigger that makes the scheduler run ``node``, where it has to be made."""
        if node.id not in self._todo:
            return []
        state = self.states[node.id]
        return [trigger(node, "input-made-again" if state.valid else state.name)]

    def write_files(self) -> None:
        """Write node files and triggers; keep verdicts aside that are about to be judged again."""
        write_node_files(self.project, self.graph)
        for node in self.graph.nodes.values():
            redo = self.redo(node)
            for path in redo:
                write_trigger(self.project, path)
            if redo and node.kind == "verdict":
                keep_verdict(self.project, node, self.tree)

    def save(self, file: Path) -> None:
        """Write all files, and ``file``, from which the engine, another process, opens the plan."""
        self.write_files()
        judged = {node_file(self.graph.nodes[i]): vars(s) for i, s in self.states.items()}
        config = self.graph.config.model_dump(mode="json")
        write_json(file, {"config": config, "nodes": list(judged.items())})

    def cost(self, node: Node) -> Cost:
        """Estimated seconds and bytes of making ``node``, from records of earlier makings."""
        return self.costs.of(node)

    def memory_mb(self, node: Node) -> int:
        """Memory to reserve: twice what it took, four times what it may take, in steps."""
        cost = self.cost(node)
        wanted = (2 if cost.measured else 4) * cost.peak_memory_bytes / 2**20
        least = _LEAST_MB_BESIDE_GPU if self.gpus(node) else _STEP_MB
        return max(least, _STEP_MB * math.ceil(wanted / _STEP_MB))

    def runtime_min(self, node: Node) -> int:
        """Minutes to reserve: five times what it took, in steps; an hour or more if guessed."""
        cost = self.cost(node)
        guessed = not cost.measured and node.kind in _LASTING
        least = _LEAST_MIN_GUESSED if guessed else _STEP_MIN
        return max(least, _STEP_MIN * math.ceil(5 * cost.seconds / 60 / _STEP_MIN))

    def short(self, node: Node) -> bool:
        """Whether it is done within minutes, as far as is known."""
        cost = self.cost(node)
        unknown = not cost.measured and node.scale in ACCELERATED
        return not unknown and cost.seconds <= _SHORT_S

    def threads(self, node: Node) -> int:
        """Processor cores to reserve."""
        return int(node.spec["run"]["threads"]) if node.kind == "run" else 1

    def gpus(self, node: Node) -> int:
        """GPUs to reserve."""
        return int(node.kind == "run" and node.scale in ACCELERATED)

    @cached_property
    def costs(self) -> Costs:
        """What nodes cost."""
        return Costs(self.project)

    @cached_property
    def _todo(self) -> set[str]:
        return {node.id for node in to_make(self.graph, self.states, list(self.graph.nodes))}


def open_plan(
    root: Path,
    overlay: Mapping[str, Any] | None = None,
    tree_of: Callable[[Graph], Tree] | None = None,
) -> Plan:
    """Load the config, build the graph and judge every node; writes nothing but what it remembers.

    ``tree_of`` finds the tree to judge, where it is not the project's own. Raises ConfigError.
    """
    project, graph = _built(root, overlay)
    tree = tree_of(graph) if tree_of else None
    judged = tree or Tree.own(project.root, graph.config.scale)
    return Plan(project, graph, states(graph, judged), tree=tree, chosen=overlay or {})


def plan_of_job(root: Path, overlay: Mapping[str, Any] | None = None) -> Plan:
    """The plan as a job elsewhere sees it, which judges nothing again; raises ConfigError."""
    project, graph = _built(root, overlay)
    return Plan(project, graph, dict.fromkeys(graph.nodes, State("current")))


def _built(root: Path, overlay: Mapping[str, Any] | None) -> tuple[Project, Graph]:
    project = Project(root.resolve())
    with remembering(project.cache / "closures.json"):
        return project, build(load_config(project.config, overlay))


def saved_plan(root: Path, file: Path) -> Plan:
    """The plan in ``file``; ConfigError: it, or a node file that it names, is gone or damaged."""
    project = Project(root.resolve())
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        judged = [
            (read_node_file(project.path(path))[0], State(state["name"], tuple(state["reasons"])))
            for path, state in content["nodes"]
        ]
        config = Config.model_validate_json(json.dumps(content["config"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file}: not a plan ({error}); run the same command again") from None
    graph = Graph(config, nodes={node.id: node for node, _ in judged})
    return Plan(project, graph, {node.id: state for node, state in judged})
