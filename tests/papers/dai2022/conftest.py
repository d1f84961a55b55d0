"""Lets the tests of this paper share made-up data."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from papers.dai2022.datasets import measures
from reprise.results import Inputs

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


@pytest.fixture(scope="module")
def tiny() -> Iterator[Inputs]:
    """Inputs of ``measures``: the made-up task ``mr``, another one, the network, no controls."""
    from tiny_model import network, prompts

    params = {"task": "mr", "other": "subj", "learning_rates": [0.01, 0.1], "orders": 2}
    params |= {"kendall_queries": 5, "control_queries": 3, "comparisons": []}
    datasets = {"prompts_mr": prompts(), "prompts_subj": prompts(1)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "model", lambda inputs: network())
        yield Inputs(datasets=datasets, params=params)
