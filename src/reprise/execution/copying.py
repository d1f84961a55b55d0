"""Copy a finished node from one result tree to another, checked on the way, record last."""

import hashlib
from pathlib import Path

from reprise.graph.nodes import Node
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.records.tree import Tree
from reprise.storage.atomic import write_bytes


class NotCopied(Exception):
    """A node cannot be taken over; the message says why. Nothing of the target was changed."""


def copy_node(node: Node, source: Tree, target: Tree) -> None:
    """Copy outputs and record of ``node``; a reader of ``target`` never sees half of them as whole.

    Raises:
        NotCopied: a file is gone, outside ``source``, or not the one in the record.
        OSError: ``target`` cannot be written.
    """
    record = checked_record(node, source)
    contents = {path: _content(path, record, source) for path in node.outputs}
    statement = _read(source, node.record)
    target.path(node.record).unlink(missing_ok=True)
    for path, data in contents.items():
        write_bytes(target.path(path), data)
    write_bytes(target.path(node.record), statement)


def checked_record(node: Node, tree: Tree) -> Record:
    """The record of ``node`` as planned; raises NotCopied."""
    try:
        record = read_record(_inside(tree, node.record))
    except FileNotFoundError:
        raise NotCopied(f"{tree.name(node.record)} is missing") from None
    except (UnreadableRecord, OSError) as error:
        raise NotCopied(str(error)) from error
    if record.fingerprint != node.fingerprint:
        raise NotCopied(f"{tree.name(node.record)} is the record of another node")
    return record


def _content(path: str, record: Record, tree: Tree) -> bytes:
    if tree.withheld(path):
        raise NotCopied(f"{tree.name(path)} was not taken along")
    data = _read(tree, path)
    if hashlib.sha256(data).hexdigest() != record.outputs.get(Path(path).name):
        raise NotCopied(f"{tree.name(path)} differs from its record")
    return data


def _read(tree: Tree, path: str) -> bytes:
    try:
        return _inside(tree, path).read_bytes()
    except FileNotFoundError:
        raise NotCopied(f"{tree.name(path)} is missing") from None
    except OSError as error:
        raise NotCopied(f"{tree.name(path)}: {error.strerror}") from error


def _inside(tree: Tree, path: str) -> Path:
    if tree.leaves(tree.path(path)):
        raise NotCopied(f"{tree.name(path)} is a link to outside the tree")
    return tree.path(path)
