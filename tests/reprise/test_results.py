"""Data frames survive CSV bit for bit."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprise.results import csv_bytes, parse_csv

columns = {
    "x": st.floats(allow_nan=True, allow_infinity=True),
    "n": st.integers(-(2**63), 2**63 - 1),
    "name": st.sampled_from(["a", "NA", "null", "None", "nan", "a,b", 'a"b', "ü", "x\ny"]),
    "flag": st.booleans(),
}


@given(rows=st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=6))
def test_comes_back_bit_for_bit(rows: list[dict[str, object]]) -> None:
    frame = pd.DataFrame(rows)
    data = csv_bytes(frame)
    back = parse_csv(io.BytesIO(data))
    assert list(back.columns) == list(frame.columns)
    np.testing.assert_array_equal(
        back["x"].to_numpy(float).view(np.int64),
        frame["x"].where(frame["x"].notna(), np.nan).to_numpy(float).view(np.int64),
    )
    assert back["n"].tolist() == frame["n"].tolist()
    assert back["name"].astype(str).tolist() == frame["name"].tolist()
    assert back["flag"].tolist() == frame["flag"].tolist()
    assert csv_bytes(back) == data


def test_bytes_are_plain() -> None:
    frame = pd.DataFrame({"a": [0.1, np.nan], "b": ["x", "y"]}, index=[5, 9])
    assert csv_bytes(frame) == b"a,b\n0.1,x\n,y\n"


def test_float32_is_written_as_it_is() -> None:
    back = parse_csv(io.BytesIO(csv_bytes(pd.DataFrame({"a": np.array([0.1], np.float32)}))))
    assert np.float32(back["a"][0]) == np.float32(0.1)


@pytest.mark.parametrize("frame", [pd.DataFrame({"a": []}), pd.DataFrame({"a": [], "b": []})])
def test_no_rows_keep_their_columns(frame: pd.DataFrame) -> None:
    assert list(parse_csv(io.BytesIO(csv_bytes(frame))).columns) == list(frame.columns)
