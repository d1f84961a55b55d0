"""Files that make the scheduler run a node which has to be made, whatever the time stamps say.

The rules declare every other input ancient. A trigger is newer than anything, its content is unique
(the scheduler ignores an input whose checksum it has seen), its name says why, and making the node
makes it older than anything. It stays: a batch of jobs that is tried again waits for all its
inputs.
"""

import os
import uuid

from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.storage.atomic import write_text

_FOLDER = ".reprise/redo"
_DATE = 2_147_000_000
"""Seconds since 1970: in January 2038, the last time that every file system can store."""


def trigger(node: Node, why: str) -> str:
    """The path of the trigger of ``node``, relative to the project's root."""
    return f"{_FOLDER}/{_name(node)}/{why}"


def write_trigger(project: Project, path: str) -> None:
    """Write the trigger ``path`` anew."""
    file = project.path(path)
    write_text(file, f"{uuid.uuid4()}\n", durable=False)
    os.utime(file, (_DATE, _DATE))


def age_triggers(project: Project, node: Node) -> None:
    """Take their force from the triggers of ``node``, which has been made."""
    for file in project.path(f"{_FOLDER}/{_name(node)}").glob("*"):
        os.utime(file, (0, 0))


def _name(node: Node) -> str:
    return node.id.replace("/", ".")
