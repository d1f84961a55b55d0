"""Tables of the main network, on runs whose events, frequencies and logits are known."""

import numpy as np
import pandas as pd
import pytest
from grokking_runs import (
    GROKKED,
    MEMORISED,
    SIZES,
    constructed,
    course,
    main_run,
    noise,
    run,
    views,
)

from papers.pearce2023.tables import (
    main_curves,
    main_logits,
    main_runs,
    main_summary,
    main_weights,
)
from reprise.results import Inputs


@pytest.fixture(scope="module")
def inputs():
    return Inputs(runs={"main": main_run()}, params={"pairs": [[13, 19], [66, 66]]})


@pytest.fixture(scope="module")
def summary(inputs):
    return main_summary.main_summary(inputs)


@pytest.fixture(scope="module")
def quantities(summary):
    return summary.pivot_table(index="quantity", columns="seed", values="value", dropna=False)


def test_events_of_the_grokking_seed(inputs):
    found = main_curves.events(inputs).set_index("seed").loc[6]
    assert found["fit"] == 1_000
    assert found["half"] == 20_000
    assert found["most"] == 20_500
    assert found["nearly_all"] == 20_500
    assert found["width"] == 500
    assert found["early_accuracy"] == 0


def test_the_first_seed_that_generalised_is_shown(inputs):
    table = main_curves.events(inputs)
    assert table["generalised"].tolist() == [False, True, True]
    assert table["shown"].tolist() == [False, True, False]
    curves = main_curves.curves(inputs)
    assert curves.loc[curves["shown"], "seed"].unique().tolist() == [6]
    assert len(curves) == 3 * 101


def test_where_no_seed_generalised_the_first_is_shown():
    lost = course([(0, 0.0), (20_000, 1.0), (50_000, 0.98)], [(0, 0.06), (2_000, 1e-6)])
    still = views(noise(0), noise(1))
    result = run({3: (MEMORISED, still), 4: (lost, still)})
    assert not main_runs.run_events(result.metrics)["generalised"].any()
    assert main_runs.shown(result) == 0


def test_stages_of_the_shown_run():
    result = main_run()
    stages = {stage.name: stage.step for stage in main_runs.stages(result, 1)}
    assert stages == {
        "initial": 0,
        "memorising": 2_500,
        "waiting": 10_000,
        "turning": 20_000,
        "end": 50_000,
    }
    never = {stage.name: stage.step for stage in main_runs.stages(result, 0)}
    assert never["turning"] == 37_500


def test_stages_of_a_short_run_are_different_snapshots():
    frame = course([(0, 0.0), (300, 0.01)], [(0, 0.06), (300, 0.5)], steps=300, every=100)
    result = run(
        {0: (frame, views(noise(0), noise(1), 200, 300, 100))}, steps=300, every=100, snapshot=100
    )
    stages = main_runs.stages(result, 0)
    assert stages[-1] == ("end", 3, 300)
    assert len({stage.step for stage in stages}) == len(stages)


def test_constructed_solution_meets_every_criterion(quantities):
    """Exact waves have all their power in their frequencies and twice the angle out."""
    found = quantities[6]
    assert found["concentration_input_end"] == pytest.approx(1, abs=1e-12)
    assert found["concentration_output_end"] == pytest.approx(1, abs=1e-12)
    assert found["own_input_end"] == pytest.approx(1, abs=1e-12)
    assert found["frequencies"] == 3
    assert found["neurons_in_no_group"] == 0
    assert found["doubling_error_median"] == pytest.approx(0, abs=1e-9)
    assert found["rings"] == 2
    assert found["smallest_ring_gap"] == pytest.approx(60)
    assert found["largest_ring_gap"] == pytest.approx(72)
    assert found["worst_group_r2"] > 0.94
    assert found["delay_ratio"] == 20
    assert found["large_coefficients_fall_input"] > 4
    assert found["norm_end_over_peak"] == pytest.approx(29 / 54)
    assert found["max_loss_ratio"] == pytest.approx(1.5e6)


def test_random_weights_meet_none(quantities):
    found = quantities[5]
    assert found["concentration_input_end"] < 0.3
    assert found["own_input_end"] < 0.3
    assert found["frequencies"] > 5
    assert found["doubling_error_median"] > 30
    assert found["worst_group_r2"] < 0.5
    assert found["generalised"] == 0
    assert np.isnan(found["transition_width"])


def test_a_fit_that_is_never_reached_counts_with_the_last_step_and_has_no_delay():
    still = views(noise(0), constructed({9: 24}))
    unfitted = MEMORISED.assign(train_accuracy=0.9)
    inputs = Inputs(
        runs={"main": run({5: (MEMORISED, still)}), "seeds": run({100: (unfitted, still)})}
    )
    found = main_summary.main_summary(inputs).set_index(["quantity", "seed"])["value"]
    assert found["fit_step", 5] == 1_000 and found["fit_step", 100] == 50_000
    assert np.isnan(found["delay_ratio", 5]) and np.isnan(found["delay_ratio", 100])


def test_rings_are_those_of_networks_that_generalised(summary):
    table = summary.drop_duplicates("seed").set_index("seed")
    # Seed 7 has one frequency with 24 neurons.
    assert table["generalised"].to_dict() == {5: False, 6: True, 7: True}
    assert table["ring"].to_dict() == {5: False, 6: True, 7: False}


def test_memorising_weights_are_looked_at_before_the_turn(quantities):
    assert quantities.loc["concentration_input_memorised", 6] < 0.3
    assert quantities.loc["own_output_memorised", 6] < 0.3


def test_waves_carry_final_frequency_and_sorted_position(inputs):
    table = main_weights.waves(inputs)
    end = table[(table["stage"] == "end") & (table["matrix"] == "W_input")]
    w_input, _ = constructed()
    values = end.pivot_table(index="number", columns="neuron", values="weight")
    np.testing.assert_allclose(values, w_input, atol=6e-5)
    neurons = end.drop_duplicates("neuron").set_index("position").sort_index()
    assert neurons["frequency"].tolist() == [f for f, size in SIZES.items() for _ in range(size)]
    assert len(table) == 5 * 2 * 67 * 24


def test_neurons_below_the_cut_off_are_in_no_group():
    w_input, w_output = constructed()
    w_input[:, 3] *= 0.4
    result = run({0: (GROKKED, views(noise(0), (w_input, w_output)))})
    table = main_weights.waves(Inputs(runs={"main": result}))
    assert table.loc[table["neuron"] == 3, "frequency"].unique().tolist() == [0]
    assert table.loc[table["neuron"] == 3, "position"].unique().tolist() == [23]
    vectors = main_weights.vectors(Inputs(runs={"main": result}))
    assert 3 not in set(vectors["neuron"])


def test_dft_of_the_end_is_sparse_and_signed(inputs):
    table = main_weights.dft(inputs)
    assert "waiting" not in set(table["stage"])
    end = table[(table["stage"] == "end") & (table["matrix"] == "W_input")]
    large = end[end["value"].abs() > 1]
    # Neuron 0 is 4 cos(2 pi 4 x / 67): one cosine, coefficient 2 * 4 - 1.
    first = large[large["neuron"] == 0]
    assert first["coefficient"].tolist() == [7]
    assert first["value"].iloc[0] == pytest.approx(4 * np.sqrt(67 / 2), abs=1e-4)
    assert set((large["coefficient"] + 1) // 2) == set(SIZES)


def test_vectors_double_their_angle(inputs):
    table = main_weights.vectors(inputs)
    end = table[table["stage"] == "end"].set_index(["neuron", "matrix"])
    angle = np.arctan2(end["sin"], end["cos"]).unstack()
    difference = np.angle(np.exp(1j * (angle["W_output"] - 2 * angle["W_input"])))
    np.testing.assert_allclose(difference, 0, atol=1e-4)


def test_progress_steps_from_noise_to_waves(inputs):
    table = main_weights.progress(inputs)
    shown = table[table["shown"] & (table["matrix"] == "W_output")].set_index("step")
    assert (shown.loc[:17_500, "concentration"] < 0.4).all()
    assert (shown.loc[20_000:, "concentration"] == 1).all()
    assert sorted(table["seed"].unique()) == [5, 6, 7]


def test_example_logits_follow_the_theory(inputs):
    table = main_logits.examples(inputs)
    assert table["frequency"].unique().tolist() == [4, 7, 26, main_logits.TOTAL]
    for (a, b), rows in table[table["frequency"] == main_logits.TOTAL].groupby(["a", "b"]):
        assert rows.loc[rows["logit"].idxmax(), "output"] == (a + b) % 67
        assert rows["answer"].iloc[0] == (a + b) % 67
    group = table[(table["frequency"] == 26) & (table["a"] == 13)]
    wave = np.cos(2 * np.pi * 26 * (32 - group["output"]) / 67)
    amplitude = group["theory"].iloc[32] / wave.iloc[32]
    np.testing.assert_allclose(group["theory"], amplitude * wave, atol=1e-4 * abs(amplitude))
    assert amplitude > 0
    assert np.corrcoef(group["logit"], group["theory"])[0, 1] > 0.99


def test_fits_have_a_row_per_group_and_one_for_all(inputs):
    table = main_logits.fits(inputs).set_index("frequency")
    assert table["neurons"].to_dict() == {**SIZES, main_logits.TOTAL: 24}
    assert table.loc[26, "r2"] > table.loc[4, "r2"] > 0.94
    assert (table.loc[list(SIZES), "r2_one_amplitude"] <= table.loc[list(SIZES), "r2"]).all()
    assert table.loc[main_logits.TOTAL, "accuracy"] == 1
    assert np.isnan(table.loc[main_logits.TOTAL, "r2"])


def test_published_curve_is_passed_on():
    reference = pd.DataFrame(
        {"source": ["article"], "step": [1000], "test_accuracy": [0.5], "origin": ["picture"]}
    )
    found = main_curves.published(Inputs(reference={"main_accuracy": reference}))
    assert found.columns.tolist() == ["source", "step", "test_accuracy"]
