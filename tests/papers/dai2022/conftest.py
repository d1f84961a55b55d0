"""Lets the tests of this paper share made-up answers and measures."""

import sys
from pathlib import Path

import pytest

from papers.dai2022.datasets import measures, search
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


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Inputs:
    """Inputs of ``search``: the made-up task ``mr``, another one, and the network behind them."""
    from tiny_model import network, prompts

    for module in (search, measures):
        monkeypatch.setattr(module, "model", lambda inputs: network())
    params = {"task": "mr", "learning_rates": [0.01, 0.1]}
    return Inputs(datasets={"prompts_mr": prompts(), "prompts_subj": prompts(1)}, params=params)
