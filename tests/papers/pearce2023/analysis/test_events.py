"""Events on small hand-made metrics."""

import numpy as np
import pandas as pd
import pytest

from papers.pearce2023.analysis import events


@pytest.fixture
def metrics():
    return pd.DataFrame(
        {
            "member": [0] * 4 + [1] * 4,
            "step": [0, 10, 20, 30] * 2,
            "accuracy": [0.1, 0.6, 0.4, 0.9, 0.2, 0.3, np.nan, 0.3],
        }
    )


def test_first_step_at_least(metrics):
    found = events.first_step(metrics, "accuracy", at_least=0.5)
    assert found.index.name == "member"
    assert found[0] == 10
    assert np.isnan(found[1])


def test_the_lower_bound_is_inclusive_and_the_upper_is_not(metrics):
    assert np.isnan(events.first_step(metrics, "accuracy", below=0.1)[0])
    assert events.first_step(metrics, "accuracy", below=0.11)[0] == 0
    assert events.first_step(metrics, "accuracy", at_least=0.3, below=0.5)[0] == 20
    assert events.first_step(metrics, "accuracy", at_least=0.9)[0] == 30


def test_value_at_the_last_row_not_after(metrics):
    shuffled = metrics.iloc[::-1]
    assert events.value_at(shuffled, "accuracy", 19).tolist() == [0.6, 0.3]
    assert np.isnan(events.value_at(shuffled, "accuracy", -1)).all()
    found = events.value_at(shuffled, "accuracy", pd.Series({0: 30.0, 1: np.nan}))
    assert found[0] == 0.9
    assert np.isnan(found[1])


def test_a_nan_row_is_reported_not_skipped(metrics):
    assert np.isnan(events.value_at(metrics, "accuracy", 20)[1])
    assert events.final(metrics, "accuracy").tolist() == [0.9, 0.3]
