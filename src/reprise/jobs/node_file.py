"""The file that tells a job what to make: a node and its parents.

The report, which shows the lineage of every figure, gets all its ancestors.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import write_text

FOLDER = ".reprise/nodes"


def node_file(node: Node) -> str:
    """The path of a node's file, relative to the project's root.

    The fingerprint alone would not do: two runs of the same parameters have the same.
    """
    return f"{FOLDER}/{node.id.replace('/', '.')}-{node.fingerprint}.json"


def write_node_files(project: Project, graph: Graph) -> None:
    """Write the file of every node whose file does not say what the graph says."""
    for node in graph.nodes.values():
        path = project.path(node_file(node))
        before = graph.ancestors([node.id])[:-1] if node.kind == "report" else graph.parents(node)
        text = _text(node, before)
        if not _holds(path, text):
            write_text(path, text, durable=False)


def read_node_file(path: Path) -> tuple[Node, list[Node]]:
    """The node in ``path`` and its parents; raises ConfigError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _node(content["node"]), [_node(parent) for parent in content["parents"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: not a node file ({error}); plan again with 'reprise plan'"
        ) from None


def _text(node: Node, before: Iterable[Node]) -> str:
    # Without indentation, which costs ten times the time: every plan says all of it again.
    content = {"node": _data(node), "parents": [_data(parent) for parent in before]}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def _holds(path: Path, text: str) -> bool:
    with suppress(OSError):
        return path.read_bytes() == text.encode()
    return False


def _data(node: Node) -> dict[str, Any]:
    return {name: value for name, value in vars(node).items() if name != "job"}


def _node(data: dict[str, Any]) -> Node:
    tuples = {name: tuple(data[name]) for name in ("inputs", "outputs", "seeds")}
    return Node(**{**data, **tuples})
