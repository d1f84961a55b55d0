"""``reprise rounding TREE``: keep the verdicts of a scale made again with other rounding.

They are judged again from the tables of ``TREE`` and kept beside each paper's reference data.
Verdicts that differ there are inconclusive from then on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from reprise.audit.derived import read_table
from reprise.audit.verify import open_tree
from reprise.graph.build import Graph
from reprise.jobs.make import other_rounding as kept
from reprise.project import find_project
from reprise.records.state import states
from reprise.records.tree import Tree
from reprise.results import csv_bytes
from reprise.specs.errors import ConfigError
from reprise.specs.load import OTHER_ROUNDING, papers_folder
from reprise.stats.verdicts import judge, other_rounding
from reprise.storage.atomic import write_bytes


def keep_rounding(folder: Path, chosen: Mapping[str, Any]) -> None:
    """Write the reference file of every chosen paper, and say how many verdicts it holds.

    Raises:
        ConfigError: ``folder`` is no tree, lacks a table or has an invalid one, or is the project's
            own; or all tables have the same bytes, so that nothing was rounded otherwise.
    """
    project = find_project()
    graph, tree = open_tree(project, folder, chosen)
    if tree.home:
        raise ConfigError(f"{folder}: these are the project's own results; name a second tree")
    scale = graph.config.scale
    _refuse_invalid(graph, tree)
    _refuse_the_same(graph, tree, Tree.own(project.root, scale))
    for paper, claims in graph.claims.items():
        tables = {
            name: read_table(graph.nodes[f"{paper}/table/{name}"], tree) for name in claims.tables
        }
        found = other_rounding(claims, judge(claims, tables, paper, scale))
        before = kept(paper)
        others = [] if before is None else [before[before["scale"] != scale]]
        path = papers_folder() / paper / OTHER_ROUNDING
        write_bytes(path, csv_bytes(pd.concat([*others, found], ignore_index=True)))
        print(f"{paper}: {len(found)} verdicts kept in {path.relative_to(project.root)}")
    print("Run 'reprise run' to judge again beside them, which takes seconds.")


def _judged(graph: Graph) -> list[str]:
    return [
        f"{paper}/table/{name}" for paper, claims in graph.claims.items() for name in claims.tables
    ]


def _refuse_invalid(graph: Graph, tree: Tree) -> None:
    found = states(graph, tree)
    for name in _judged(graph):
        if not found[name].valid:
            reasons = "; ".join(found[name].reasons)
            raise ConfigError(f"{tree.folder}: {name} is {found[name].name}: {reasons}")


def _refuse_the_same(graph: Graph, tree: Tree, own: Tree) -> None:
    paths = [path for name in _judged(graph) for path in graph.nodes[name].outputs]
    pairs = [(tree.path(path), own.path(path)) for path in paths]
    if all(b.is_file() and a.read_bytes() == b.read_bytes() for a, b in pairs):
        raise ConfigError(
            f"{tree.folder}: every table has the bytes of {own.folder}; make it on another kind of "
            "processor, or with REPRISE_XLA_FLAGS=--xla_cpu_max_isa=AVX"
        )
