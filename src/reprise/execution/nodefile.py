"""The file that tells a job what to make: a node and its parents.

The report, which shows the lineage of every figure, gets all its ancestors.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import write_json

FOLDER = ".reprise/nodes"


def node_file(node: Node) -> str:
    """The path of a node's file, relative to the project's root.

    The fingerprint alone would not do: two runs of the same parameters have the same.
    """
    return f"{FOLDER}/{node.id.replace('/', '.')}-{node.fingerprint}.json"


def write_node_files(project: Project, graph: Graph) -> None:
    """Write the file of every node that has none yet."""
    for node in graph.nodes.values():
        path = project.path(node_file(node))
        before = graph.ancestors([node.id])[:-1] if node.kind == "report" else graph.parents(node)
        content = {"node": _plain(node), "parents": [_plain(other) for other in before]}
        if not path.is_file() or _differs(path, content):
            write_json(path, content)


def read_node_file(path: Path) -> tuple[Node, list[Node]]:
    """The node in ``path`` and its parents; raises ConfigError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _node(content["node"]), [_node(parent) for parent in content["parents"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: not a node file ({error}); plan again with 'reprise plan'"
        ) from None


def _differs(path: Path, content: Any) -> bool:
    try:
        return bool(json.loads(path.read_text(encoding="utf-8")) != json.loads(json.dumps(content)))
    except ValueError:
        return True


def _plain(node: Node) -> dict[str, Any]:
    return dataclasses.asdict(node)


def _node(data: dict[str, Any]) -> Node:
    tuples = {name: tuple(data[name]) for name in ("inputs", "outputs", "seeds")}
    return Node(**{**data, **tuples})
