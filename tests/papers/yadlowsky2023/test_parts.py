"""Resampling, crossings, nearest classes and the evaluation prompts."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from papers.yadlowsky2023 import datasets
from papers.yadlowsky2023.tables import counter, frequencies, linear, rare, resampling, sums
from papers.yadlowsky2023.tables.nonzeros_summary import crossing
from papers.yadlowsky2023.theory.least_squares import min_norm
from reprise.stats.intervals import band, means


def test_means_start_with_the_sample_and_spread_as_they_should():
    errors = np.random.default_rng(0).normal(3.0, 2.0, (400, 2))
    found = means(errors)
    np.testing.assert_allclose(found[0], errors.mean(axis=0))
    np.testing.assert_allclose(found[1:].std(axis=0), 2 / np.sqrt(400), rtol=0.1)
    value, low, high = band(found)
    np.testing.assert_allclose(high - low, 2 * 1.96 * 0.1, rtol=0.15)
    assert ((low < value) & (value < high)).all()


def test_the_same_prompts_have_the_same_resamples():
    errors = np.random.default_rng(1).normal(size=(50, 1))
    both = means(errors) - means(errors + 0.25)
    np.testing.assert_allclose(both, -0.25)


def test_crossing_is_interpolated_between_numbers_of_nonzeros():
    rows = np.array([[1.0, 0.5, -0.5, -1.0], [1.0, 1.0, 1.0, 1.0], [3.0, -1.0, 1.0, -1.0]])
    np.testing.assert_allclose(crossing(rows), [2.5, 4.0, 1.75])
    np.testing.assert_allclose(crossing(-rows[:1]), [1.0])


def test_nearest_of_a_sum_is_the_closed_form():
    # A sine leaves the line: m^2 <x^2>; a line leaves at least the sine less its projection.
    x = np.linspace(-1, 1, 401)
    f = np.stack([m * x + 0.2 * np.sin(3 * np.pi * x) for m in (0.1, 3.0)])
    found = sums.nearest(x, f)
    assert found[0] == pytest.approx(0.01 * np.mean(x**2))
    wave = 0.2 * np.sin(3 * np.pi * x)
    assert found[1] == pytest.approx(np.mean((wave - x * (wave @ x) / (x @ x)) ** 2))


def test_lag_is_read_where_curves_fall_below_a_half():
    curves = np.array([[1.0, 0.6, 0.4, 0.6], [1.0, 0.9, 0.8, 0.7], [0.4, 0.6, 0.6, 0.6]])
    np.testing.assert_array_equal(rare._falls(curves), [2, 4, 0])


def test_rank_correlations_are_spearmans():
    one, other = np.random.default_rng(2).normal(size=(2, 9, 3)).round(1)
    expected = [spearmanr(one[:, i], other[:, i]).statistic for i in range(3)]
    np.testing.assert_allclose(resampling.rank_correlation(one, other), expected)


def test_a_margin_is_met_where_all_bounds_are():
    assert counter.fails(5.0, 0.7)["D"] == pytest.approx(1.0)
    assert counter.fails(50.0, 0.35)["D"] == pytest.approx(0.5)
    assert counter.blends(0.25, 0.9, 0.8)["S"] == pytest.approx(1.0)
    assert counter.blends(0.9, 0.9, 1.6)["S"] == pytest.approx(0.5)
    assert counter.blends(-0.1, 0.9, 0.4)["S"] == pytest.approx(-0.4)


def test_no_network_stands_for_one_of_another_seed():
    found = linear.by_seed(
        {(0.0, 1): "s1", (0.0, 0): "s0", (0.5, 0): "m0", (0.5, 1): "m1", (0.5, 2): "m2"}
    )
    assert found == {0: {0.0: "s0", 0.5: "m0"}, 1: {0.0: "s1", 0.5: "m1"}}


def test_low_and_high_frequencies_are_read_apart():
    mse = {0.25: 3.0, 0.5: 2.0, 1.0: 1.0, 3.0: 1.0, 5.0: 1.0, 7.0: 4.0, 10.0: 3.9}
    errors = {f: {"mse": np.array([v]), "nmse": np.array([v / 2])} for f, v in mse.items()}
    found = frequencies.quantities(errors, 1.0, 5.0)
    assert found["in_range_nmse"] == pytest.approx(0.5)
    assert found["above_nmse"] == pytest.approx(1.95)
    assert found["below_over_in_range"] == pytest.approx(2.0)
    assert found["outward_rank"] == pytest.approx(0.5)  # above: 5, 10, 7 in order of error


def test_linear_prompts_share_inputs_and_have_unit_variance():
    data = datasets.linear({"dims": 8, "pairs": 17, "nonzeros": 2, "prompts": 2000}, 1)
    for label in ("dense", "sparse"):
        y = data[f"{label}_y"]
        assert (y**2).mean() == pytest.approx(1.0, abs=0.12)
        # Linear in the shared inputs: least squares is exact after d pairs.
        np.testing.assert_allclose(min_norm(data["inputs"], y)[:, 9:], y[:, 9:], atol=1e-6)


def test_every_grid_point_is_asked_equally_often():
    params = {"prompts": 41, "pairs": 5, "queries": 8}
    data = datasets.curves(params, 3)
    _, counts = np.unique(data["query_x"].round(9), return_counts=True)
    np.testing.assert_array_equal(counts, np.full(41, 8))
    # Lines through the origin, at the same x as the sines.
    slope = data["query_f_lin"] / np.where(data["query_x"] == 0, 1, data["query_x"])
    known = np.abs(data["query_x"]) > 1e-9
    for row, mask in zip(slope, known, strict=True):
        np.testing.assert_allclose(row[mask], row[mask][0])
    assert np.abs(data["query_f_sin"]).max() <= 1


def test_frequencies_differ_in_nothing_else():
    params = {"prompts": 20, "pairs": 5, "queries": 8, "frequencies": [0.0, 1.0]}
    data = datasets.frequencies(params, 4)
    phase = np.arcsin(np.clip(data["y"][0, :, :1], -1, 1))
    options = np.stack([np.sin(data["x"] + phase), np.sin(data["x"] + np.pi - phase)])
    np.testing.assert_allclose(np.abs(options - data["y"][1]).min(axis=0), 0, atol=1e-6)


def test_sums_are_a_line_and_a_whole_sine():
    params = {"slopes": [0.1, 0.4], "examples": [5], "draws": 3, "noise": 0.1}
    data = datasets.sums(params, 6)
    x, y = data["random_5_x"], data["random_5_y"]
    slope = data["slope"][:, None, None]
    np.testing.assert_allclose(y, slope * x + 0.2 * np.sin(3 * np.pi * x))
    assert data["equispaced_5_x"].shape == (2, 1, 5)
    rest = data["noisy_5_y"] - slope * data["noisy_5_x"]
    rest -= 0.2 * np.sin(3 * np.pi * data["noisy_5_x"])
    assert 0.03 < rest.std() < 0.2


def test_random_sums_have_labels_near_their_curve():
    data = datasets.sum_draws({"prompts": 6, "pairs": 40, "noise": 0.1}, 7)
    for kind in ("line", "sine", "sum"):
        at = [
            np.interp(x, data["query_x"], f)
            for x, f in zip(data[f"{kind}_x"], data[f"{kind}_query_y"], strict=True)
        ]
        assert np.std(np.array(at) - data[f"{kind}_y"]) == pytest.approx(0.1, rel=0.2)
