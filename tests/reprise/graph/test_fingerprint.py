"""A fingerprint depends on names and values together, and on no order of keys."""

import copy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reprise.graph.nodes import fingerprint

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(list(value))}
    return [backwards(item) for item in value] if isinstance(value, list) else value


@given(value=values)
def test_the_order_of_keys_does_not_count(value: Any) -> None:
    assert fingerprint(backwards(copy.deepcopy(value))) == fingerprint(value)


@given(a=values, b=values)
def test_swapped_values_count(a: Any, b: Any) -> None:
    assume(repr(a) != repr(b))
    first = {"learning_rate": a, "weight_decay": b}
    second = {"learning_rate": b, "weight_decay": a}
    assert fingerprint(first) != fingerprint(second)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": {"x": 1}, "b": {}}, {"a": {}, "b": {"x": 1}}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": True}, {"a": 1}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": None}, {}),
        ({"a": 0.1}, {"a": 0.1 + 2**-55}),
        ({"a": "é"}, {"a": "e\u0301"}),
    ],
)
def test_different_values_differ(a: Any, b: Any) -> None:
    assert fingerprint(a) != fingerprint(b)


def test_it_is_the_sha256_of_canonical_json() -> None:
    """Fixed for good: records made years ago have to stay current."""
    expected = "43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777"
    assert fingerprint({"b": 2, "a": 1}) == expected


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        fingerprint({"a": float("nan")})
