"""Make a recorded result again in a clean place, and say whether it is the same.

Records prove consistency, not honesty: whoever rewrites an output and every record after it is
caught here, and only here.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reprise.execution.copying import NotCopied, checked_record, copy_node
from reprise.execution.lineage import Recorded
from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.plan.cost import RECORDED, Cost
from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.provenance.state import states
from reprise.provenance.trees import Tree

FOLDER = "challenge"
_TAKEN = ("config.yaml", "Snakefile", "environment.yml", "requirements/lock.txt")
_PROBE = "import json; from reprise.execution.device import describe; print(json.dumps(describe()))"


@dataclass
class CleanPlan(Plan):
    """A plan of the clean place, whose costs come from what is recorded."""

    recorded: Mapping[str, Recorded]

    def cost(self, node: Node) -> Cost:
        """What making ``node`` took when it was recorded."""
        guess = super().cost(node)
        entry = self.recorded.get(node.id)
        if entry is None or entry.record is None:
            return guess
        execution = entry.record.execution
        peak = int(execution["peak_memory_bytes"])
        seconds = float(execution["wall_s"])
        return replace(guess, seconds=seconds, peak_memory_bytes=peak, basis=RECORDED)


def clean_project(project: Project, target: Node) -> Project:
    """A new project folder in the cache of ``project``: its config, rules and locks, no results."""
    base = project.cache / FOLDER
    base.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix=f"{target.id.replace('/', '.')}-", dir=base))
    for name in _TAKEN:
        if project.path(name).is_file():
            (root / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(project.path(name), root / name)
    shutil.copytree(project.path("workflow"), root / "workflow")
    # The engine looks for its profile here.
    shutil.copytree(project.path("workflow/profiles"), root / "profiles")
    return Project(root)


def clean_plan(clean: Project, graph: Graph, recorded: Mapping[str, Recorded]) -> CleanPlan:
    """The plan of the clean place as it is now."""
    return CleanPlan(
        clean, graph, states(graph, Tree.own(clean.root, graph.config.scale)), recorded
    )


def take_trained(
    project: Project, clean: Project, recorded: Mapping[str, Recorded]
) -> tuple[str, ...]:
    """Copy runs and datasets of ``recorded``, verified, into the clean place; what is in the way.

    Where the tree was published without them, the project's own are taken if their digests are the
    recorded ones.
    """
    problems = []
    for name, entry in recorded.items():
        if entry.node.kind not in ("run", "dataset"):
            continue
        own = Tree.own(project.root, entry.node.scale)
        target = Tree.own(clean.root, entry.node.scale)
        try:
            copy_node(entry.node, entry.tree, target)
        except NotCopied as error:
            if not _copy_own(entry, own, target):
                problems.append(f"{name}: {error}")
    return tuple(problems)


def _copy_own(entry: Recorded, own: Tree, target: Tree) -> bool:
    try:
        if entry.record is None or checked_record(entry.node, own).outputs != entry.record.outputs:
            return False
        copy_node(entry.node, own, target)
    except NotCopied:
        return False
    return True


def device_here(project: Project) -> str | None:
    """The type of device that a training would use; found out by another process, which frees it.

    None where it cannot be found out.
    """
    command = [sys.executable, "-c", _PROBE]
    try:
        result = subprocess.run(
            command, cwd=project.root, check=True, capture_output=True, text=True
        )
        described: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None
    return str(described.get("platform"))
