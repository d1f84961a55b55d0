from pathlib import Path

import pytest
from small_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder in which everything of a small graph is made."""
    made = World(tmp_path)
    for node in made.graph.nodes.values():
        made.make(node)
    return made
