import io
import math

import numpy as np
import pandas as pd

from reprise.storage.frames import csv_bytes, parse_csv


def test_floats_come_back_bit_for_bit():
    bits = np.random.default_rng(0).integers(0, 2**64, 50_000, dtype=np.uint64)
    values = bits.view(np.float64)
    values = values[np.isfinite(values)]
    back = parse_csv(io.BytesIO(csv_bytes(pd.DataFrame({"x": values}))))["x"].to_numpy()
    np.testing.assert_array_equal(back, values)


def test_text_is_never_guessed_to_be_missing():
    frame = pd.DataFrame({"name": ["NA", "null", ""], "value": [1.5, math.nan, 2.0]})
    back = parse_csv(io.BytesIO(csv_bytes(frame)))
    assert back["name"].tolist()[:2] == ["NA", "null"]
    assert back["value"].isna().tolist() == [False, True, False]


def test_newlines_and_columns_do_not_depend_on_the_platform():
    assert csv_bytes(pd.DataFrame({"a": [1], "b": [0.1]}, index=[7])) == b"a,b\n1,0.1\n"
