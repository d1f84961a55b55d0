"""Lets the tests of this paper share made-up runs."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def grokked() -> Mapping[str, pd.DataFrame]:
    """Every table of a main network that groks."""
    from grokking_runs import main_run
    from main_tables import tables_of

    return tables_of(main_run())
