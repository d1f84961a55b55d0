"""Tables of the five-neuron network, on a run whose weights are exact pentagons."""

import numpy as np
import pandas as pd
import pytest
from five_neuron_runs import EVERY, STEPS, pentagons, tables_of
from modular_runs import course, run

from papers.pearce2023.tables import five_neuron as tables


@pytest.fixture(scope="module")
def result():
    return pentagons()


def value(summary, quantity, seed):
    rows = summary[(summary["quantity"] == quantity) & (summary["seed"] == seed)]
    return rows["value"].item()


def test_the_first_seed_that_learns_is_shown(result):
    summary = tables_of(result)["five_neuron_summary"]
    assert set(summary.loc[summary["shown"], "seed"]) == {3}
    assert set(summary.loc[summary["learned"], "seed"]) == {3, 4}
    assert value(summary, "t_both_1", 3) == 600
    assert np.isnan(value(summary, "t_both_1", 86))
    shown = tables_of(result)["five_neuron_course"]
    assert set(shown.loc[shown["shown"], "seed"]) == {3}


def test_without_a_seed_that_learns_the_first_is_shown(result):
    failing = run([7, 8], [course(STEPS, EVERY, 0.05)] * 2, result.views[:2], STEPS, EVERY)
    assert tables.shown_member(failing) == 0


def test_gap_and_ratio_of_the_courses(result):
    summary = tables_of(result)["five_neuron_summary"]
    assert value(summary, "max_accuracy_gap", 3) == pytest.approx(0.04)
    assert value(summary, "max_loss_ratio", 3) == pytest.approx(1.02)
    assert value(summary, "final_test_accuracy", 86) == pytest.approx(0.2)


def test_an_exact_pentagon_has_even_gaps_norms_and_doubled_angles(result):
    summary = tables_of(result)["five_neuron_summary"]
    for quantity in (
        "gap_deviation_in",
        "gap_deviation_out",
        "doubling_error",
        "norm_variation_in",
        "norm_variation_out",
    ):
        assert value(summary, quantity, 4) == pytest.approx(0, abs=1e-9)


def test_a_bent_pentagon_deviates_by_the_bend(result):
    summary = tables_of(result)["five_neuron_summary"]
    assert value(summary, "gap_deviation_in", 3) == pytest.approx(6)
    assert value(summary, "gap_deviation_out", 3) == pytest.approx(0, abs=1e-9)
    assert value(summary, "doubling_error", 3) == pytest.approx(12)
    # Norms 1, 1, 1, 1, 2: standard deviation 0.4 over mean 1.2.
    assert value(summary, "norm_variation_in", 3) == pytest.approx(1 / 3)


def test_neurons_are_counted_by_in_angle(result):
    weights = tables_of(result)["five_neuron_weights"]
    inward = weights[(weights["side"] == "in") & (weights["panel"] == 1)]
    assert inward["neuron"].tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(inward["angle"], [10, 82, 154, 226, 304], atol=1e-9)
    assert inward["angle"].is_monotonic_increasing
    outward = weights[(weights["side"] == "out") & (weights["panel"] == 1)]
    np.testing.assert_allclose(outward["angle"], [20, 164, 308, 92, 236], atol=1e-9)
    assert weights["step"].unique().tolist() == [0, 1000]
    np.testing.assert_allclose(weights["norm"], np.hypot(weights["cos"], weights["sin"]))


def test_learning_curves_have_a_row_per_member_and_log(result):
    frame = tables_of(result)["five_neuron_course"]
    assert len(frame) == 3 * (STEPS // EVERY + 1)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns[:4].tolist() == ["member", "seed", "shown", "step"]
