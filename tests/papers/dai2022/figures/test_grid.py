"""How the cells of the paper's tables are set."""

import numpy as np
import pytest

from papers.dai2022.figures import grid


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.0004, ".3f", "0.000"),
        (-0.01, ".2f", "−0.01"),
        (7600.0, ",.0f", "7,600"),
        (-1234.4, ",.0f", "−1,234"),
        (np.nan, ".1f", "–"),
    ],
)
def test_numbers_are_set_well(value, form, text):
    assert grid.number(value, form) == text
