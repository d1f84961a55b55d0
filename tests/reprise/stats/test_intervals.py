"""Tests of the intervals against closed forms, scipy and brute-force coverage."""

import itertools

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from reprise.stats.intervals import (
    RESAMPLES,
    band,
    binomial_interval,
    bootstrap_interval,
    crossed_means,
    frame,
    interval,
    means,
    networks_interval,
    summary_frame,
)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (3, 10), (33, 35), (1, 1), (0, 1)])
def test_binomial_interval_is_the_exact_one(k, n):
    expected = binomtest(k, n).proportion_ci(0.95, method="exact")
    np.testing.assert_allclose(binomial_interval(k, n), expected, rtol=1e-9)


def test_binomial_interval_at_the_ends_has_a_closed_form():
    low, high = binomial_interval(0, 20)
    assert low == 0 and high == pytest.approx(1 - 0.025 ** (1 / 20))
    low, high = binomial_interval(20, 20)
    assert high == 1 and low == pytest.approx(0.025 ** (1 / 20))


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2), (0, 0)])
def test_binomial_interval_refuses_impossible_counts(k, n):
    with pytest.raises(ValueError, match="trials"):
        binomial_interval(k, n)


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_bootstrap_interval_matches_the_exact_distribution_of_resamples(monkeypatch, statistic):
    values = np.array([0.0, 1.0, 3.0, 7.0, 20.0])
    resamples = np.array(list(itertools.product(values, repeat=5)))
    exact = np.sort(getattr(np, statistic)(resamples, axis=1))
    monkeypatch.setattr("reprise.stats.intervals._BOOTSTRAPS", 20_000)
    low, high = bootstrap_interval(values, statistic)
    # Compare in probability: the found ends must cut about 2.5 % off either tail.
    assert (exact < low).mean() <= 0.03 and (exact <= low).mean() >= 0.02
    assert (exact > high).mean() <= 0.03 and (exact >= high).mean() >= 0.02


def test_bootstrap_of_the_mean_approaches_the_normal_interval():
    values = np.random.default_rng(0).normal(size=400)
    low, high = bootstrap_interval(values, "mean")
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_bootstrap_repeats_and_does_not_depend_on_the_block_size(monkeypatch):
    values = np.random.default_rng(1).exponential(size=30)
    first = bootstrap_interval(values, "median")
    assert first == bootstrap_interval(values, "median")
    assert first != bootstrap_interval(values**1.01, "median")
    means = bootstrap_interval(values, "mean")
    monkeypatch.setattr("reprise.stats.intervals._BLOCK", 64)
    assert means == bootstrap_interval(values, "mean")


def test_bootstrap_of_one_value_is_that_value():
    assert bootstrap_interval([2.5], "mean") == (2.5, 2.5)


def test_bootstrap_carries_infinities_and_nan():
    assert bootstrap_interval([1.0, 2.0, np.inf, np.inf, np.inf], "median")[1] == np.inf
    assert np.isnan(bootstrap_interval([1.0, np.nan], "mean")).all()


def test_bootstrap_refuses_bad_arguments():
    with pytest.raises(ValueError, match="one or more values"):
        bootstrap_interval([], "mean")
    with pytest.raises((ValueError, TypeError), match="statistic"):
        bootstrap_interval([1.0], "mode")


def test_interval_over_networks_is_students():
    values = np.array([0.3, 0.5, 0.1, 0.9])
    exact = ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose(networks_interval(values), exact, rtol=1e-12)


@pytest.mark.parametrize("count", [1, 2])
def test_few_networks_have_the_interval_of_their_data(count):
    values = np.arange(float(count))
    assert np.isnan(networks_interval(values)).all()
    ends = np.stack([values - 0.5, values + 0.5], axis=1)
    assert networks_interval(values, ends) == (values.mean() - 0.5, values.mean() + 0.5)


def test_networks_that_are_not_finite_have_no_interval():
    assert np.isnan(networks_interval(np.array([1.0, 2.0, np.inf]))).all()


@pytest.mark.parametrize(("between", "within"), [(1.0, 0.0), (1.0, 1.0), (0.1, 1.0)])
@pytest.mark.parametrize("count", [3, 8])
def test_interval_over_networks_and_data_covers(between, within, count):
    """Networks and prompts are crossed: every network meets the same prompts."""
    rng, prompts, trials, hits = np.random.default_rng(0), 40, 2000, 0
    networks = between * rng.normal(size=(trials, count, 1))
    shared = within * rng.normal(size=(trials, 1, prompts)) * np.sqrt(prompts)
    own = within * rng.normal(size=(trials, count, prompts))
    errors = networks + shared + own
    values = errors.mean(axis=2)
    half = 1.96 * errors.std(axis=2, ddof=1) / np.sqrt(prompts)
    for value, reach in zip(values, half, strict=True):
        low, high = networks_interval(value, np.stack([value - reach, value + reach], axis=1))
        hits += low <= 0 <= high
    assert 0.94 <= hits / trials <= 0.999


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
