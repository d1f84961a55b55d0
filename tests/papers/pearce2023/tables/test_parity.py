"""Tables of the parity networks, on runs whose events and weights are made up."""

import numpy as np
import pandas as pd
import parity_runs
import pytest

from papers.pearce2023.tables import parity, parity_summary
from papers.pearce2023.tables import parity_measures as measures
from reprise.results import Inputs


@pytest.fixture(scope="module")
def result():
    return parity_runs.three_seeds()


@pytest.fixture(scope="module")
def values(result):
    summary = parity_summary.parity_summary(Inputs(runs={"parity": result}))
    return summary.pivot(index="quantity", columns="member", values="value")


def test_shown_member_is_the_first_that_generalises():
    runs = parity_runs.run(
        pd.DataFrame({"seed": [3, 4, 5]}),
        [parity_runs.course(300, t_test, 0.6) for t_test in (np.inf, 900, 800)],
    )
    assert parity_summary.shown_member(runs) == 1


def test_shown_member_is_the_first_where_none_generalises():
    runs = parity_runs.run(
        pd.DataFrame({"seed": [3, 4]}), [parity_runs.course(300, np.inf, a) for a in (0.7, 0.5)]
    )
    assert parity_summary.shown_member(runs) == 0


def test_events_and_losses(values):
    assert values.loc["t_train_99"].tolist() == [300, 400, 400]
    assert values.loc["t_test_999"].tolist()[:2] == [900, 1000]
    assert values.loc["delay_ratio", 1] == 2.5
    assert values.loc["test_accuracy_at_t_train"].tolist() == [0.65, 0.55, 0.5]
    assert values.loc["max_test_loss", 1] == 4
    # Train loss 2e-3 where test reaches 0.999, after 1e-3; test falls from 4 to 1e-6 at once.
    assert values.loc["train_loss_bump", 1] == pytest.approx(2)
    assert values.loc["train_loss_bumps"].tolist() == [1, 1, 0]
    assert values.loc["generalised"].tolist() == [1, 1, 0]
    assert values.loc["final_train_loss_ratio", 1] == pytest.approx(2)
    assert values.loc["fall_within_400", 1] == pytest.approx(4e6)


def test_events_that_never_happen_are_missing(values):
    missing = ["t_test_999", "delay_ratio", "train_loss_bump", "distractor_share_settled"]
    assert values.loc[missing, 2].isna().all()
    assert values.loc["peak_between", 2] == 0
    assert values.loc["final_test_accuracy", 2] == 0.5


def test_weights_of_the_summary(values):
    # The distractors of member 1 peak at step 800, between 400 and 1,000, and are gone at 1,200.
    assert values.loc["t_distractor_peak"].tolist() == [1200, 800, 1600]
    assert values.loc["peak_between"].tolist() == [0, 1, 0]
    assert values.loc["distractor_rms_early"].tolist() == pytest.approx([2, 0.001, 1.5])
    # All distractors and, in two of four neurons, three digits exceed 1; the bias of 1 does not.
    assert values.loc["large_share_early", 0] == pytest.approx((27 * 4 + 3 * 2) / (31 * 4))
    assert values.loc["distractor_share_settled"].tolist()[:2] == [1, 0]
    assert values.loc["active_neurons_end"].tolist() == [2, 2, 2]
    assert values.loc["distractor_max_end", 1] == pytest.approx(0.001)
    assert values.loc["distractor_ratio_end", 1] == pytest.approx(27 * 4 * 0.001 / (3 * 3 * 2))
    # Falls by 2 within 400 steps, so by a 0.125th (50 steps) of the peak at a time.
    assert values.loc["distractor_jump", 1] == pytest.approx(0.125, rel=0.01)


def test_a_run_without_the_published_step_has_no_early_weights():
    short = parity_runs.run(
        pd.DataFrame({"seed": [0]}),
        [parity_runs.course(100, 300, 0.5, steps=400)],
        [parity_runs.weights(200, steps=400)],
        steps=400,
    )
    table = parity_summary.parity_summary(Inputs(runs={"parity": short})).set_index("quantity")[
        "value"
    ]
    assert np.isnan(table["large_share_early"]) and np.isnan(table["distractor_rms_early"])
    heatmaps = parity.weights(Inputs(runs={"parity": short}))
    assert heatmaps["step"].unique().tolist() == [0, 300, 400]


def test_active_neurons_need_both_sides():
    w_input, w_output = np.zeros((31, 4)), np.array([1.0, 0.05, 1.0, -1.0])
    w_input[5, [0, 1, 3]] = 0.2, 0.2, -0.2
    assert measures.active_neurons(w_input, w_output) == 2


def test_pattern_logits_match_the_network_by_hand():
    w_input = np.zeros((31, 2))
    w_input[:3] = [[1.0, -1.0], [1.0, 2.0], [0.5, 0.0]]
    w_input[-1] = [-1.0, 0.5]
    logits, labels = measures.pattern_logits(w_input, np.array([2.0, 1.0]), 3)
    # Pattern 110: 2 * relu(1 + 1 - 1) + relu(-1 + 2 + 0.5); pattern 101 is also even.
    assert logits[0b110] == pytest.approx(2 * 1 + 1.5)
    assert logits[0b101] == pytest.approx(2 * 0.5)
    assert labels.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]


def test_heatmap_holds_every_weight_of_the_shown_member(result):
    table = parity.weights(Inputs(runs={"parity": result}))
    assert table["step"].unique().tolist() == [0, 900, 1200, 1400, 2000]
    panel = table[table["panel"] == 2].pivot(index="neuron", columns="column", values="weight")
    assert panel.shape == (4, 32)
    view = result.views[0]
    np.testing.assert_allclose(np.sort(panel[0]), np.sort(view["W_input"][24, 0]), atol=1e-5)
    # Neurons 0 and 1 have the large out-weights, so they come first.
    assert np.abs(panel[31].to_numpy()).tolist() == [5, 5, 0, 0]


def test_paths_hold_every_second_snapshot(result):
    table = parity.paths(Inputs(runs={"parity": result}))
    assert table["step"].unique().tolist() == list(range(0, 2001, 100))
    assert (table.groupby("step")["kind"].value_counts().unstack().iloc[0] == [1, 27, 3]).all()
    row = table[(table["step"] == 800) & (table["input"] == 10)]
    # The distractors grow to 2 at step 1,200.
    assert row[[f"neuron_{n}" for n in range(4)]].to_numpy().ravel() == pytest.approx(
        [4 / 3] * 4, abs=1e-5
    )


@pytest.fixture(scope="module")
def tables(result):
    return parity_runs.tables_of(result)


def test_l2_summary(tables):
    found = tables["parity_l2_summary"].set_index("quantity")["value"]
    # Two neurons with opposite output weights cancel: no pattern has a sign.
    assert found["active_neurons_end"] == 2 and found["generalised"] == 1
    assert found["distractor_rms_end"] == pytest.approx(0.001)
    assert found["pattern_logit_max"] == pytest.approx(0) and found["pattern_signs_right"] == 0.5
    assert found["pattern_logit_ratio"] == np.inf


def test_logits_of_every_pattern_stand_beside_its_parity(tables):
    logits = tables["parity_l2_logits"]
    assert len(logits) == 8 * 4, "three members with L1, one with L2, eight patterns each"
    assert logits[:8]["label"].tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    decayed = logits[logits["run"] == "parity_l2"]
    assert decayed["shown"].all() and decayed["logit"].to_numpy() == pytest.approx(0)


def test_l2_course_shows_one_member_of_each_run(tables):
    shown = tables["parity_l2_course"].query("shown").groupby("run")["member"].unique()
    assert shown["parity"].tolist() == [0] and shown["parity_l2"].tolist() == [0]
    assert tables["parity_l2_weights"]["step"].unique().tolist() == [0, 900, 2000]
