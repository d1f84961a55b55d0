"""The files by which a plan tells the scheduler what to make again, and every job what to make.

All lie in the project's cache. Of each node:

- its *node file*: the node and its parents (the report, which shows the lineage of every figure,
  gets all its ancestors);
- its *trigger*, while it has to be made: an input of its rule that is newer than anything, named
  for the reason. The rules declare all other inputs ancient, so no time stamp decides. Its content
  is unique (the scheduler ignores an input whose checksum it has seen). Making the node makes it
  older than anything, and leaves it: a batch that is tried again waits for all its inputs;
- of a verdict, the record that it had: the scheduler removes it before the verdict is judged again,
  and what was changed since goes into the new one (``records.claim_changes``).
"""

import json
import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.changes import NOTED, claim_changes
from reprise.records.record import UnreadableRecord, read_record
from reprise.records.tree import Tree
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import write_bytes, write_text

FOLDER = ".reprise/nodes"
"""Of the node files."""
_TRIGGERS = ".reprise/redo"
_DATE = 2_147_000_000
"""Seconds since 1970: in January 2038, the last time that every file system can store."""


def node_file(node: Node) -> str:
    """The path of a node's file, relative to the project's root.

    The fingerprint alone would not do: two runs of the same parameters have the same, and so has a
    node that is the same at two scales, of which one may be planned while the other is made.
    """
    return f"{FOLDER}/{_name(node)}-{node.fingerprint}.json"


def write_node_files(project: Project, graph: Graph) -> None:
    """Write the file of every node whose file does not say what the graph says."""
    for node in graph.nodes.values():
        path = project.path(node_file(node))
        before = graph.ancestors([node.id])[:-1] if node.kind == "report" else graph.parents(node)
        # Without indentation, which costs ten times the time: every plan says all of it again.
        content = {"node": _data(node), "parents": [_data(parent) for parent in before]}
        text = json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n"
        if not path.is_file() or path.read_bytes() != text.encode():
            write_text(path, text, durable=False)


def read_node_file(path: Path) -> tuple[Node, list[Node]]:
    """The node in ``path`` and its parents; raises ConfigError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        node, *parents = (_node(data) for data in (content["node"], *content["parents"]))
        return node, parents
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: not a node file ({error}); plan again with 'reprise plan'"
        ) from None


def _data(node: Node) -> dict[str, Any]:
    return {name: value for name, value in vars(node).items() if name != "job"}


def _node(data: dict[str, Any]) -> Node:
    tuples = {name: tuple(data[name]) for name in ("inputs", "outputs", "seeds")}
    return Node(**{**data, **tuples})


def _name(node: Node) -> str:
    return f"{node.scale}/{node.id.replace('/', '.')}"


def trigger(node: Node, why: str) -> str:
    """The path of the trigger of ``node``, relative to the project's root."""
    return f"{_TRIGGERS}/{_name(node)}/{why}"


def write_trigger(project: Project, path: str) -> None:
    """Write the trigger ``path`` anew."""
    file = project.path(path)
    write_text(file, f"{uuid.uuid4()}\n", durable=False)
    os.utime(file, (_DATE, _DATE))


def age_triggers(project: Project, node: Node) -> None:
    """Take their force from the triggers of ``node``, which has been made."""
    for file in project.path(f"{_TRIGGERS}/{_name(node)}").glob("*"):
        os.utime(file, (0, 0))


def keep_verdict(project: Project, node: Node, tree: Tree | None = None) -> None:
    """Copy the record of the verdict ``node``, in ``tree`` or here, before it is judged again."""
    path = tree.path(node.record) if tree else project.path(node.record)
    with suppress(FileNotFoundError):
        write_bytes(_earlier_verdict(project, node), path.read_bytes())


def criteria_changes(project: Project, node: Node) -> dict[str, Any]:
    """What the record of ``node`` says besides: criteria of a verdict that are not as judged."""
    if node.kind != "verdict":
        return {}
    published = project.path(node.record.replace("results/", "results/published/", 1))
    earlier = []
    for path in (published, _earlier_verdict(project, node), project.path(node.record)):
        with suppress(OSError, UnreadableRecord):
            earlier.append(read_record(path))
    changes = claim_changes(node.spec, earlier)
    return {NOTED: changes} if changes else {}


def _earlier_verdict(project: Project, node: Node) -> Path:
    return project.cache / "judged" / node.record.replace("/", ".")
