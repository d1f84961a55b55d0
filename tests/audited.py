"""Copies of a small world as somebody else has them, and what an audit says by kind."""

import shutil
from pathlib import Path
from typing import Any

from small_world import World

from reprise.audit.verify import Audit
from reprise.records.tree import LOCK, Release, Tree, lock_text


def foreign(world: World, folder: Path) -> Tree:
    """A copy of everything but checkpoints, with a lock, as a publication is."""
    shutil.copytree(world.root / "results" / "cpu", folder)
    for path in folder.rglob("*/runs/*/*/*"):
        if path.name != "record.json":
            path.unlink()
    (folder / LOCK).write_text(lock_text(folder))
    return Tree(folder)


def lock_again(tree: Tree) -> Tree:
    (tree.folder / LOCK).write_text(lock_text(tree.folder))
    return Tree(tree.folder)


def by_kind(world: World, found: Audit) -> dict[str, Any]:
    return {world.graph.nodes[i].kind: s for i, s in found.nodes.items() if "alone" not in i}


STAMP = Release("1.2.3", "0123456789abcdef", False, "2026-01-31", "Some Processor")
