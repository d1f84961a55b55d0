"""``reprise publish``: the committed copy of results, and the generated parts of the READMEs."""

import shutil
import sys
from pathlib import Path

from reprise.audit.verify import audit
from reprise.graph.nodes import Node
from reprise.plan.planning import Plan
from reprise.records.state import STALE, exit_code
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
from reprise.specs.load import load_papers
from reprise.storage.atomic import replacing, write_text


class NotPublished(Exception):
    """The composed copy does not verify."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def publish_results(plan: Plan) -> int:
    """Replace ``results/published/<scale>`` as a whole and renew the READMEs; the exit code.

    Checkpoints and metrics of runs stay behind; their digests are in the records that travel, and
    the lock says what does travel. An interrupted publication leaves the old tree.
    """
    code = exit_code(plan.states.values())
    if code:
        print("not published: some results are not current (see 'reprise status')", file=sys.stderr)
        return code
    scale = plan.graph.config.scale
    target = plan.project.path(f"results/published/{scale}")
    try:
        with replacing(target) as folder:
            release = _compose(plan, target, folder)
            pages = _pages(plan, folder)
    except NotPublished as error:
        print(f"not published: {error}", file=sys.stderr)
        return error.code
    for page, text in pages.items():
        write_text(page, text)
    where = target.relative_to(plan.project.root)
    print(f"published {len(plan.graph.nodes)} nodes to {where} as {release}")
    return 0


def _compose(plan: Plan, before: Path, folder: Path) -> Release:
    """Fill ``folder``, the stamp and the lock last; raises NotPublished if it does not verify."""
    tree = Tree(folder)
    if plan.graph.config.papers != "all":
        _keep_others(plan, before, folder)
    for node in plan.graph.nodes.values():
        for path in (*_committed(node), node.record):
            copy = tree.path(path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(plan.project.path(path), copy)
    records = [entry.record for entry in take_inventory(folder).entries.values()]
    release = release_of(plan.project.root, records)
    write_release(folder, release)
    write_text(folder / LOCK, lock_text(folder))
    found = audit(plan.graph, tree)
    if found.exit_code:
        reasons = [f"{name}: {'; '.join(s.reasons)}" for name, s in found.faults.items()]
        raise NotPublished("\n".join(reasons), found.exit_code)
    if found.again:
        raise NotPublished(f"{found.again} results were changed meanwhile", STALE)
    return release


def _pages(plan: Plan, folder: Path) -> dict[Path, str]:
    """The READMEs with what ``folder`` says of every paper in it; raises NotPublished."""
    config = plan.graph.config.model_copy(update={"papers": "all"})
    papers = [paper for paper in load_papers(config) if (folder / paper.key).is_dir()]
    try:
        return readmes(plan.project, papers, config.scale, folder)
    except ValueError as error:
        raise NotPublished(f"the READMEs cannot be written: {error}", 2) from error


def _keep_others(plan: Plan, before: Path, folder: Path) -> None:
    """Papers that are not published now stay as they were."""
    chosen = {paper.key for paper in plan.graph.papers}
    for path in before.iterdir() if before.is_dir() else ():
        if path.is_dir() and path.name not in chosen:
            shutil.copytree(path, folder / path.name, symlinks=True)


def _committed(node: Node) -> tuple[str, ...]:
    return () if node.kind in ("run", "dataset") else node.outputs
