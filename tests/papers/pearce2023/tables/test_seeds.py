"""Tables of the many seeds, on constructed runs and the published counts."""

import numpy as np
import pandas as pd
import pytest
from grokking_runs import GROKKED, constructed, run
from scipy.stats import binom
from seeds_runs import REFERENCE, STEPS, at_end, four_seeds, tables_of


@pytest.fixture(scope="module")
def found():
    return four_seeds()


def test_networks_count_their_frequencies(found):
    table = found["seeds_networks"].set_index("seed")
    assert table.loc[100, "frequencies"] == "3 9 20 33"
    assert table["number"].drop(102).to_dict() == {100: 4, 101: 3, 103: 1}
    assert table["three_or_four"].drop(102).tolist() == [True, True, False]
    assert table["generalised"].tolist() == [True, True, False, True]
    assert table["class"].tolist() == ["K", "K", "M", "K"]
    assert table.loc[100, "low_test_loss_step"] == 21_000  # 20,500, but logged as published
    assert np.isnan(table.loc[102, "low_test_loss_step"])


def test_groups_leave_weak_neurons_out():
    w_input, w_output = constructed({4: 5, 7: 19})
    w_input[:, :2] *= 0.3
    found = tables_of(run({1: (GROKKED, at_end((w_input, w_output)))}, snapshot=STEPS))
    groups = found["seeds_groups"].set_index("frequency")["neurons"]
    assert groups.to_dict() == {4: 3, 7: 19}
    assert found["seeds_networks"]["in_no_group"].tolist() == [2]


def test_summary_is_over_the_generalised(found):
    table = found["seeds_summary"].set_index("quantity")
    value = table["value"]
    assert value["networks"] == 4
    assert value["generalised_networks"] == 3
    assert value["three_or_four_share"] == pytest.approx(2 / 3)
    low, high = table.loc["three_or_four_share", ["low", "high"]]
    # Clopper-Pearson: each end leaves 2.5 % beyond the count.
    assert binom.sf(1, 3, low) == pytest.approx(0.025)
    assert binom.cdf(2, 3, high) == pytest.approx(0.025)
    assert table["networks"].tolist()[:4] == [4, 4, 4, 3]
    assert value["mode_neurons_per_frequency"] == 5
    assert value["median_final_test_loss"] == pytest.approx(4e-6)
    assert value["median_thousand_steps_to_test_loss_0.01"] == 21
    # Chi-square 25.2 at 32 degrees of freedom; tables give 0.80.
    assert table.loc["uniform_frequencies_p_value", "published"] == pytest.approx(0.8, abs=0.005)


def test_frequencies_that_are_all_alike_are_not_uniform():
    same = constructed({3: 12, 9: 12})
    members = {seed: (GROKKED, at_end(same)) for seed in range(20)}
    value = tables_of(run(members, snapshot=STEPS))["seeds_summary"].set_index("quantity")["value"]
    assert value["uniform_frequencies_p_value"] < 1e-6


def test_distributions_have_every_published_value_and_ours(found):
    table = found["seeds_distributions"].set_index(["quantity", "value"])
    number = table.loc["frequencies_per_network"]
    assert number["count"].to_dict() == {1: 1, 2: 0, 3: 1, 4: 1, 5: 0}
    assert number["published_count"].to_dict() == {1: 0, 2: 1, 3: 274, 4: 165, 5: 10}
    sizes = table.loc["neurons_per_frequency"]["count"]
    assert sizes[sizes > 0].to_dict() == {5: 3, 6: 1, 8: 1, 9: 1, 10: 1, 24: 1}
    times = table.loc["thousand_steps_to_test_loss_0.01"]["count"]
    assert times[times > 0].to_dict() == {20: 3}
    totals = table.groupby(level=0)[["count", "share", "published_share"]].sum()
    np.testing.assert_allclose(totals[["share", "published_share"]], 1)
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()


def test_published_statistics_agree_with_each_other():
    counts = pd.read_csv(REFERENCE / "seeds_counts.csv")
    summary = pd.read_csv(REFERENCE / "seeds_summary.csv").set_index("quantity")["value"]
    by = {name: rows.set_index("value")["count"] for name, rows in counts.groupby("quantity")}
    number = by["frequencies_per_network"]
    assert number.sum() == by["neurons_in_no_group"].sum() == summary["networks"]
    assert by["thousand_steps_to_test_loss_0.01"].sum() == summary["networks"]
    assert (number.index * number).sum() == by["neurons_per_frequency"].sum()
    assert number[[3, 4]].sum() == summary["three_or_four_frequencies"]
    assert summary[["grokking_class", "memorised_class"]].sum() == summary["networks"]


def test_quantiles_of_ours_and_the_published(found):
    table = found["seeds_quantiles"]
    ours = table[(table["source"] == "ours") & (table["split"] == "test")].set_index("step")
    assert ours.loc[50_000, "p50"] == pytest.approx(4e-6)
    assert ours.loc[50_000, "p5"] == pytest.approx(2e-6 + 0.1 * 2e-6)
    assert set(table["source"]) == {"ours", "published"}
