"""A plan of the small graph, and a console that is read back."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from small_world import World, small_graph

from reprise.plan.planning import Plan
from reprise.project import Project
from reprise.records.state import states
from reprise.records.tree import Tree


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Everything made."""
    return World(tmp_path, small_graph(code={})).make_all()


@pytest.fixture
def plan_of() -> Callable[[World], Plan]:
    """The plan of a world as it is now."""
    return lambda world: Plan(
        Project(world.root), world.graph, states(world.graph, Tree.own(world.root, "cpu"))
    )


@pytest.fixture
def console() -> Console:
    """A wide console; ``console.file.getvalue()`` is what was printed."""
    return Console(file=io.StringIO(), width=200)
