"""Lets the tests of this paper share made-up runs, and all its tables from untrained networks."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def untrained():
    """Every table of the paper at the smoke scale, from networks at their start."""
    import untrained_paper

    return untrained_paper.tables()
