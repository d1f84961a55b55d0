"""``reprise publish`` and ``reprise rounding``: what of results is committed.

That is a copy of them, the generated parts of the READMEs, and beside the reference data of every
paper the verdicts of a scale that was made again with other rounding.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from reprise.audit.derived import read_table
from reprise.audit.verify import audit, open_tree
from reprise.graph.build import Graph
from reprise.jobs.make import other_rounding as kept
from reprise.plan.planning import Plan
from reprise.project import find_project
from reprise.records.state import STALE, exit_code, states
from reprise.records.tree import (
    LOCK,
    Release,
    Tree,
    lock_text,
    release_of,
    take_inventory,
    write_release,
)
from reprise.report.readme import readmes
from reprise.results import csv_bytes
from reprise.specs.errors import ConfigError
from reprise.specs.load import OTHER_ROUNDING, every_paper, papers_folder
from reprise.stats.verdicts import judge, other_rounding
from reprise.storage.atomic import replacing, write_bytes, write_text


class NotPublished(Exception):
    """The composed copy does not verify: why, and the exit code."""


def publish_results(plan: Plan) -> int:
    """Replace ``results/published/<scale>`` as a whole and renew the READMEs; the exit code.

    Outputs of runs and datasets stay behind: the records hold their digests, and the lock says what
    does travel. So does the report of some papers alone. An interrupted publication leaves the old
    tree.
    """
    if code := exit_code(plan.states.values()):
        print("not published: some results are not current (see 'reprise status')", file=sys.stderr)
        return code
    graph = plan.graph
    if graph.config.papers != "all":
        travel = {name: node for name, node in graph.nodes.items() if node.kind != "report"}
        graph = replace(graph, nodes=travel)
    target = plan.project.path(f"results/published/{graph.config.scale}")
    try:
        with replacing(target) as folder:
            release = _compose(plan.project.root, graph, target, folder)
            pages = _pages(plan, folder)
    except NotPublished as error:
        why, code = error.args
        print(f"not published: {why}", file=sys.stderr)
        return int(code)
    for page, text in pages.items():
        write_text(page, text)
    where = target.relative_to(plan.project.root)
    print(f"published {len(graph.nodes)} nodes to {where} as {release}")
    return 0


def _compose(root: Path, graph: Graph, before: Path, folder: Path) -> Release:
    """Fill ``folder``, the stamp and the lock last; raises NotPublished if it does not verify."""
    tree = Tree(folder)
    if graph.config.papers != "all" and before.is_dir():
        chosen = {paper.key for paper in graph.papers}
        for other in before.iterdir():  # the papers that stay as they were
            if other.is_dir() and other.name not in chosen:
                shutil.copytree(other, folder / other.name, symlinks=True)
    for node in graph.nodes.values():
        shown = () if node.kind in ("run", "dataset") else node.outputs
        for path in (*shown, node.record):
            copy = tree.path(path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, copy)
    records = [entry.record for entry in take_inventory(folder).entries.values()]
    release = release_of(root, records)
    write_release(folder, release)
    write_text(folder / LOCK, lock_text(folder))
    found = audit(graph, tree)
    if found.exit_code:
        reasons = [f"{name}: {'; '.join(s.reasons)}" for name, s in found.faults.items()]
        raise NotPublished("\n".join(reasons), found.exit_code)
    if found.again:
        raise NotPublished(f"{found.again} results were changed meanwhile", STALE)
    return release


def _pages(plan: Plan, folder: Path) -> dict[Path, str]:
    """The READMEs with what ``folder`` and other scales say; raises NotPublished."""
    config = plan.graph.config
    try:
        return readmes(plan.project, every_paper(config), config.scale, folder)
    except ValueError as error:
        raise NotPublished(f"the READMEs cannot be written: {error}", 2) from error


def keep_rounding(folder: Path, chosen: Mapping[str, Any], add: bool) -> None:
    """Judge again from the tables of ``folder``; keep the verdicts of every chosen paper.

    Verdicts that differ from them are inconclusive from then on. They replace those of an earlier
    tree of that scale, or are kept below them (``add``).

    Raises:
        ConfigError: ``folder`` or the project's own tree lacks a table or has an invalid one, or
            they are the same; or all tables have the same bytes: nothing was rounded otherwise.
    """
    project = find_project()
    graph, tree = open_tree(project, folder, chosen)
    if tree.home:
        raise ConfigError(f"{folder}: these are the project's own results; name a second tree")
    scale = graph.config.scale
    own = Tree.own(project.root, scale)
    nodes = {
        (paper, name): graph.nodes[f"{paper}/table/{name}"]
        for paper, claims in graph.claims.items()
        for name in claims.tables
    }
    for each in (tree, own):
        found = states(graph, each)
        for node in nodes.values():
            if not found[node.id].valid:
                reasons = "; ".join(found[node.id].reasons)
                raise ConfigError(f"{each.folder}: {node.id} is {found[node.id].name}: {reasons}")
    _refuse_the_same(tree, own, [n.output(".csv") for n in nodes.values()])
    for paper, claims in graph.claims.items():
        tables = [{t: read_table(nodes[paper, t], x) for t in claims.tables} for x in (tree, own)]
        there, here = (judge(claims, each, paper, scale) for each in tables)
        judged = other_rounding(claims, there, here)
        before = kept(paper)
        others = [] if before is None else [before if add else before[before["scale"] != scale]]
        path = papers_folder() / paper / OTHER_ROUNDING
        rows = pd.concat([*others, judged], ignore_index=True).drop_duplicates()
        write_bytes(path, csv_bytes(rows))
        print(f"{paper}: {len(judged)} verdicts kept in {path.relative_to(project.root)}")
    print("Run 'reprise run' to judge again beside them, which takes seconds.")


def _refuse_the_same(tree: Tree, own: Tree, paths: list[str]) -> None:
    pairs = [(tree.path(path), own.path(path)) for path in paths]
    if all(a.read_bytes() == b.read_bytes() for a, b in pairs):
        raise ConfigError(
            f"{tree.folder}: every table has the bytes of {own.folder}; make it on another kind of "
            "processor, or with REPRISE_XLA_FLAGS=--xla_cpu_experimental_ynn_fusion_type="
        )
