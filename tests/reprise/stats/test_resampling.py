"""Intervals of resampled values, known and unknown."""

import numpy as np
import pytest

from reprise.stats.resampling import frame, interval, summary_frame
from reprise.stats.resampling import RESAMPLES, means


def test_the_interval_is_that_of_the_normal_law_for_a_mean():
    values = np.random.default_rng(0).normal(size=2000)
    value, low, high = interval(means(values))
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert value == pytest.approx(values.mean())
    assert low == pytest.approx(value - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(value + 1.96 * error, abs=0.15 * error)


def test_resamples_without_a_value_are_left_out():
    resampled = np.concatenate([[0.5], np.linspace(0, 1, RESAMPLES)])
    known = interval(resampled)
    gaps = np.concatenate([resampled, np.full(300, np.nan)])
    assert interval(gaps) == known
    assert np.isnan(interval(np.array([np.nan, 0.1, 0.2]))).all()
    assert interval(np.array([0.3, np.nan]))[0] == 0.3


def test_frames_have_intervals_where_values_were_resampled():
    resampled = np.arange(5.0)
    table = frame({("a", 1): resampled, ("b", 2): np.float64(7)}, ["name", "n"])
    assert list(table.columns) == ["name", "n", "value", "low", "high"]
    assert table["value"].tolist() == [0.0, 7.0]
    assert np.isnan(table.loc[1, ["low", "high"]].to_numpy(float)).all()
    summary = summary_frame({"s": {"q": resampled}})
    assert summary.loc[0, ["source", "quantity", "value"]].tolist() == ["s", "q", 0.0]
