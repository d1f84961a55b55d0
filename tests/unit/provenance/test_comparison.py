"""Distances between numbers, against the standard library."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprise.provenance.comparison import Tolerance, largest, magnitudes, within, worst
from reprise.specs.errors import ConfigError

ANY = st.floats(allow_nan=True, allow_infinity=True)


@given(ANY, ANY, st.sampled_from([0.0, 1e-9, 1e-6, 0.1]))
def test_equal_within_the_tolerance_is_what_isclose_says(x: float, y: float, rel: float) -> None:
    tolerance = Tolerance(rel, rel / 1000)
    found = bool(within(*magnitudes(np.array([x]), np.array([y])), tolerance)[0])
    both_nan = math.isnan(x) and math.isnan(y)
    expected = both_nan or math.isclose(x, y, rel_tol=rel, abs_tol=rel / 1000)
    if math.isfinite(x) and math.isfinite(y) and x != y:
        # The last bit of a quotient may fall on the other side than that of a product.
        edge = abs(abs(x - y) - rel * max(abs(x), abs(y))) <= 1e-12 * abs(x - y)
        assert found == expected or edge or math.isinf(abs(x - y))
    else:
        assert found == expected


def test_one_number_sets_both_tolerances_and_zero_is_exact() -> None:
    assert Tolerance.of(None) == Tolerance(1e-6, 1e-9) == Tolerance.of(1e-6)
    exact = Tolerance.of(0.0)
    near = np.array([1.0]), np.array([np.nextafter(1.0, 2.0)])
    assert not within(*magnitudes(*near), exact)[0]
    assert within(*magnitudes(near[0], near[0]), exact)[0]


@pytest.mark.parametrize("wrong", [-1e-9, math.nan, math.inf])
def test_a_tolerance_that_is_none_is_an_error_of_the_user(wrong: float) -> None:
    with pytest.raises(ConfigError, match="--tolerance"):
        Tolerance.of(wrong)


def test_the_largest_ignores_what_is_not_finite() -> None:
    assert largest([np.array([1.0, np.nan]), np.array([]), np.array([np.inf])]) == 1.0
    assert largest([np.array([np.nan])]) is None


def test_differs_is_worse_than_not_comparable_is_worse_than_equal() -> None:
    assert worst(["identical", "equal", "not comparable", "differs"]) == "differs"
    assert worst(["equal", "not comparable"]) == "not comparable"
    assert worst(["identical", "equal"]) == "equal"
    assert worst([]) == "identical"
