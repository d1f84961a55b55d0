"""Write valid results of a synthetic project, without a process per node.

The three jobs of a run are trained and one figure is drawn; since their code and parameters are
those of every unit, their bytes serve all of them. Datasets, tables, verdicts and the report are
made by their own entries, and every node gets a record of its own.
"""

import json
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from reprise.graph.nodes import Node
from reprise.jobs.job_files import node_file
from reprise.jobs.make import MAKERS, Content, Parents, make
from reprise.jobs.train import run
from reprise.plan.planning import Plan, open_plan
from reprise.records import record
from reprise.records.environment import commit, environment
from reprise.records.tree import Tree
from reprise.storage import atomic

Made = tuple[Content, dict[str, Any]]
SAMPLE = 20
"""Tables that are made once more, as a job makes them, for the time that a node takes."""


def fill(root: Path) -> dict[str, float]:
    """Write outputs and records of all nodes of the project in ``root``; how many nodes there are.

    The process has to import ``reprise`` from ``root``. ``make_s`` is the mean processor time of
    making a small table in a process that has its libraries imported already.
    """
    plan = open_plan(root)
    once: dict[str, Made] = {}
    for node in plan.graph.nodes.values():
        _write(plan, node, once)
    plan.write_files()
    sample = [node for node in plan.graph.nodes.values() if node.kind == "table"][-SAMPLE:]
    began = time.process_time()
    for node in sample:
        make(plan.project, plan.project.path(node_file(node)))
    seconds = time.process_time() - began
    return {"nodes": len(plan.graph.nodes), "make_s": seconds / len(sample)}


def _write(plan: Plan, node: Node, once: dict[str, Made]) -> None:
    whole = node.kind == "report"
    before = plan.graph.ancestors([node.id])[:-1] if whole else plan.graph.parents(node)
    parents = Parents(Tree.own(plan.project.root, node.scale), before)
    content, execution = _content(plan, node, parents, once)
    for path in node.outputs:
        data = next(data for ending, data in content.items() if path.endswith(ending))
        atomic.write_bytes(plan.project.path(path), data)
    inputs = {} if node.kind == "run" else parents.digests(node)
    costs = {"wall_s": 1.0, "peak_memory_bytes": 2**28}
    record.write_record(plan.project.root, node, inputs, costs | execution)


def _content(plan: Plan, node: Node, parents: Parents, once: dict[str, Made]) -> Made:
    if node.kind == "run":
        if node.fingerprint not in once:
            once[node.fingerprint] = run(node, plan.project, lambda line: None)
        return once[node.fingerprint]
    if node.kind == "figure":
        if "figure" not in once:
            once["figure"] = MAKERS["figure"](node, parents), {}
        return once["figure"]
    return MAKERS[node.kind](node, parents), {}


def main(root: Path) -> None:
    """Fill ``root`` and print what ``fill`` says; waits neither for the disk nor for git."""
    with (
        mock.patch("os.fsync"),
        mock.patch.object(record, "environment", cache(environment)),
        mock.patch.object(record, "commit", cache(commit)),
    ):
        print(json.dumps(fill(root)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
