"""Lets the tests of this paper share made-up answers and measures."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def planted():
    """Arrays of all tasks in which everything that the paper says is true."""
    import made_up_answers

    return made_up_answers.datasets()


@pytest.fixture(scope="session")
def whole(planted):
    """Every table of ``planted``, and those of momentum attention."""
    import made_up_tables

    return made_up_tables.tables(planted) | made_up_tables.momentum_tables()


@pytest.fixture(scope="session")
def null():
    """Arrays of all tasks in which nothing is: no gain, no similarity."""
    import made_up_answers

    return made_up_answers.datasets(effect=False)
