"""Intervals of resampled values, known and unknown."""

import numpy as np
import pytest

from reprise.stats.intervals import (
    RESAMPLES,
    band,
    crossed_means,
    frame,
    interval,
    means,
    summary_frame,
)


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


def test_bands_are_intervals_one_by_one():
    values = np.random.default_rng(0).normal(size=(RESAMPLES + 1, 3))
    values[5:9, 1], values[0, 2] = np.nan, np.inf
    alone = np.array([interval(values[:, place]) for place in range(3)]).T
    np.testing.assert_array_equal(band(values), alone)
    assert np.isfinite(alone[:, :2]).all() and np.isnan(alone[1:, 2]).all()


def test_crossed_trials_count_each_level_once():
    """Thirty prompts with two orders each hold little more than thirty prompts."""
    rng = np.random.default_rng(0)
    prompts, orders = rng.normal(size=(30, 1)), 0.5 * rng.normal(size=(1, 2))
    resampled = crossed_means(prompts + orders)
    assert resampled[0] == pytest.approx((prompts + orders).mean())
    spread = np.hypot(prompts.std(ddof=1) / np.sqrt(30), orders.std(ddof=1) / np.sqrt(2))
    assert resampled[1:].std() == pytest.approx(spread, rel=0.1)


def test_what_is_compared_shares_the_resamples_of_crossed_trials():
    values = np.random.default_rng(0).normal(size=(20, 3, 4))
    whole = crossed_means(values, factors=2, seed=5)
    assert whole.shape == (RESAMPLES + 1, 4)
    np.testing.assert_allclose(whole[:, 2], crossed_means(values[..., 2], seed=5))
    assert not np.allclose(whole[1:, 2], crossed_means(values[..., 2], seed=6)[1:])
    one = crossed_means(values[:, :1, 0])
    np.testing.assert_allclose(one, crossed_means(np.repeat(values[:, :1, 0], 3, axis=1)))


def test_frames_have_intervals_where_values_were_resampled():
    resampled = np.arange(5.0)
    table = frame({("a", 1): resampled, ("b", 2): np.float64(7)}, ["name", "n"])
    assert list(table.columns) == ["name", "n", "value", "low", "high"]
    assert table["value"].tolist() == [0.0, 7.0]
    assert np.isnan(table.loc[1, ["low", "high"]].to_numpy(float)).all()
    summary = summary_frame({"s": {"q": resampled}})
    assert summary.loc[0, ["source", "quantity", "value"]].tolist() == ["s", "q", 0.0]
