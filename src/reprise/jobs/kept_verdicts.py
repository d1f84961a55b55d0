"""Earlier verdicts of a paper, kept aside: the scheduler removes a record before it is made again.

What was changed since they were judged goes into the new record (``records.changes``).
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.changes import NOTED, claim_changes
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.records.tree import Tree
from reprise.storage.atomic import write_bytes


def keep_aside(project: Project, node: Node, tree: Tree | None = None) -> None:
    """Copy the record of the verdict ``node``, which is about to be judged again.

    It lies in ``tree``, or in the project's own.
    """
    path = tree.path(node.record) if tree else project.path(node.record)
    with suppress(FileNotFoundError):
        write_bytes(_kept(project, node), path.read_bytes())


def criteria_changes(project: Project, node: Node) -> dict[str, Any]:
    """What the record of ``node`` says besides: criteria of a verdict that are not as judged."""
    if node.kind != "verdict":
        return {}
    changes = claim_changes(node.spec, _earlier(project, node))
    return {NOTED: changes} if changes else {}


def _earlier(project: Project, node: Node) -> Iterator[Record]:
    """The readable records of ``node``: of the published copy, kept aside, here."""
    published = project.path(node.record.replace("results/", "results/published/", 1))
    for path in (published, _kept(project, node), project.path(node.record)):
        with suppress(OSError, UnreadableRecord):
            yield read_record(path)


def _kept(project: Project, node: Node) -> Path:
    return project.cache / "judged" / node.record.replace("/", ".")
