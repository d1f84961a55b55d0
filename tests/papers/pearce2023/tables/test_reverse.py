"""Tables of the runs that memorise after generalising, on courses drawn by hand."""

import numpy as np
import pytest
from modular_runs import course, run, waves
from reverse_runs import (
    EARLY_MINIMUM,
    EVERY,
    FREQUENCIES,
    PHASES,
    SNAPSHOTS,
    STEPS,
    generalise_again_tables,
    reverse_tables,
    reversed_run,
)

from papers.pearce2023.tables import generalise_again as again
from papers.pearce2023.tables import small_networks


def value(summary, quantity, seed):
    return summary[(summary["quantity"] == quantity) & (summary["seed"] == seed)]["value"].item()


@pytest.fixture(scope="module", name="reversed_run")
def _reversed_run():
    return reversed_run()


def test_the_first_seed_is_shown_whatever_it_does(reversed_run):
    summary = reverse_tables(reversed_run)["reverse_summary"]
    assert set(summary.loc[summary["shown"], "seed"]) == {68}


def test_events_of_the_turning_course(reversed_run):
    summary = reverse_tables(reversed_run)["reverse_summary"]
    expected = {
        "t_min_test_loss": 5_000,
        "min_fraction": 0.25,
        "min_test_loss": 1e-2,
        "rise": 8,
        "accuracy_at_min": 0.85,
        "accuracy_drop": 0.1,
        "accuracy_lost": 1,
        "final_train_loss": 1e-8,
        "frequencies": 2,
        # Weights grow linearly from 1 to 41: 41 at the end over 11 after a quarter.
        "growth": 41 / 11,
    }
    for quantity, number in expected.items():
        assert value(summary, quantity, 1) == pytest.approx(number)


def test_pure_waves_are_periodic_and_noise_is_not():
    noisy = waves(SNAPSHOTS, FREQUENCIES, PHASES, noise=50.0)
    half = waves(SNAPSHOTS, FREQUENCIES, PHASES)
    flat = course(STEPS, EVERY, 0.06)
    found = small_networks.periodicity(run([0, 1], [flat] * 2, [half, noisy], STEPS, EVERY))
    np.testing.assert_allclose(found.loc[0, ["own_input", "own_output"]].astype(float), 1)
    # Half of the noisy run's neurons are still pure, so its median lies between the two kinds.
    assert 0.5 < found.loc[1, "own_input"] < 0.75


def test_heatmaps_are_sorted_by_frequency_then_phase(reversed_run):
    table = reverse_tables(reversed_run)["reverse_weights"]
    assert table["step"].unique().tolist() == [0, 15_000, 20_000]
    first = table[(table["panel"] == 0) & (table["view"] == "W_input")]
    by_neuron = first.drop_duplicates("neuron").set_index("neuron")["frequency"]
    assert by_neuron.tolist() == [4] * 5 + [9] * 5
    matrix = first.pivot(index="neuron", columns="number", values="weight").to_numpy()
    expected = np.cos(4 * 2 * np.pi * np.arange(67) / 67 - PHASES[0])
    np.testing.assert_allclose(matrix[0], expected, atol=2e-4)


def test_snapshots_at_leaves_out_events_that_never_came(reversed_run):
    assert small_networks.snapshots_at(reversed_run, [np.nan, 499, 500, 500, -3, np.inf]) == [
        0,
        1,
        40,
    ]


@pytest.mark.parametrize(
    ("points", "phases", "rise", "t_again"),
    [
        ([(0, 0.06), (20_000, 0.01)], 0, np.nan, np.nan),
        ([(0, 0.06), (2_000, 3e-3), (4_000, 3.3e-3), (20_000, 1e-6)], 1, 1.1, 20_000),
        ([*EARLY_MINIMUM, (20_000, 4e-3)], 2, 2, np.nan),
        ([*EARLY_MINIMUM, (19_500, 2e-4), (20_000, 1e-6)], 3, 2, 20_000),
        # The same turn after step 5,000 is too late.
        ([(0, 0.06), (6_000, 3e-3), (8_000, 6e-3), (20_000, 1e-6)], 0, np.nan, np.nan),
    ],
)
def test_phases_of_a_course(points, phases, rise, t_again):
    accuracy = [(0, 0.9), (19_500, 0.9), (20_000, 1.0)]
    frame = course(STEPS, EVERY, points, test_accuracy=accuracy)
    got = again.phases(*(frame[c].to_numpy() for c in ("step", "test_loss", "test_accuracy")))
    assert got["phases"] == phases
    assert got["rise"] == pytest.approx(rise, nan_ok=True)
    assert got["t_again"] == pytest.approx(t_again, nan_ok=True)
    assert got["one_phase"] == (phases >= 1)
    assert got["two_phases"] == (phases >= 2)
    assert got["all_phases"] == (phases == 3)


def test_low_loss_without_high_accuracy_is_not_generalising_again():
    frame = course(STEPS, EVERY, [*EARLY_MINIMUM, (20_000, 1e-6)], test_accuracy=0.99)
    got = again.phases(*(frame[c].to_numpy() for c in ("step", "test_loss", "test_accuracy")))
    assert (got["phases"], got["again"]) == (2, 0)


def test_the_rise_is_measured_from_the_deepest_turn_before_the_loss_falls_below_it():
    points = [(0, 0.06), (1_000, 4e-3), (1_500, 5e-3), (2_500, 1e-3), (3_500, 4e-3), (20_000, 2e-3)]
    frame = course(STEPS, EVERY, points)
    got = again.phases(*(frame[c].to_numpy() for c in ("step", "test_loss", "test_accuracy")))
    assert (got["t_first_min"], got["t_peak"]) == (2_500, 3_500)
    assert got["first_min"] == pytest.approx(1e-3)
    assert got["rise"] == pytest.approx(4)


@pytest.fixture(scope="module")
def gmg_tables():
    return generalise_again_tables()


def test_the_first_seed_with_most_phases_is_shown(gmg_tables):
    summary = gmg_tables["gmg_summary"]
    assert set(summary.loc[summary["shown"], "seed"]) == {1}
    assert summary.loc[summary["quantity"] == "all_phases", "value"].tolist() == [0, 1, 1]
    assert gmg_tables["gmg_weights"]["step"].unique().tolist() == [0, 2_000, 4_000, 20_000]
