"""Lets the tests of this paper share made-up runs, and spends no time on fast machine code."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import jax
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def grokked() -> Mapping[str, pd.DataFrame]:
    """Every table of a main network that groks."""
    from grokking_runs import main_run
    from main_tables import tables_of

    return tables_of(main_run())


@pytest.fixture(autouse=True, scope="module")
def _unoptimised() -> Iterator[None]:
    """Toy networks compile faster without optimisation; no test here is about bits."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
