"""The paper's layout, its published numbers, and the tables of momentum attention."""

import made_up_answers
import numpy as np
import pandas as pd
import pytest
from made_up_tables import entry, momentum, reference
from scipy import stats

from reprise.results import Inputs

TASKS = list(made_up_answers.TASKS)


def cell(table, row, column):
    chosen = table[(table["row"] == row) & (table["column"] == column)]
    assert len(chosen) == 1
    return chosen.iloc[0]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_published_means_are_those_of_the_published_tasks(number):
    table = reference(f"table{number}")
    for _, rows in table.groupby(["model", "row"]):
        value = rows.set_index("task")["value"]
        assert set(value.index) == {*TASKS, "mean"}
        half = {1: 0.006, 2: 0.006}.get(number, 0.00061)
        assert value["mean"] == pytest.approx(value[TASKS].mean(), abs=half)


def test_published_few_shot_means_are_those_of_the_tasks():
    for _, rows in reference("table7").groupby("variant"):
        value = rows.set_index("task")["value"]
        assert value["mean"] == pytest.approx(value.drop("mean").mean(), abs=0.051)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_rows_have_all_columns_in_the_papers_order(whole, number):
    table = whole[f"paper_table{number}"]
    for row, cells in table.groupby("row"):
        expected = TASKS if row in {"queries", "labels"} else [*TASKS, "mean"]
        assert cells["column"].tolist() == expected
    assert not table.duplicated(["row", "column"]).any()


def test_cells_hold_ours_and_the_papers(planted, whole):
    found = cell(whole["paper_table3"], "simaou", "agnews")
    assert (found["paper_small"], found["paper_large"]) == (0.281, 0.333)
    values = planted["measures_agnews"]["main.simaou.label0"].astype(float)
    assert found["value"] == pytest.approx(values.mean())
    assert found["low"] < found["value"] < found["high"]
    queries = cell(whole["paper_table1"], "queries", "cb")
    assert (queries["value"], queries["paper_small"]) == (made_up_answers.QUERIES, 56)
    assert cell(whole["paper_table1"], "icl", "mean")["paper_large"] == 76.47


def test_implied_base_recall(whole):
    """Published accuracies of GPT 1.3B imply at least these recalls (in percent)."""
    expected = {"sst2": 75.3, "sst5": 9.4, "mr": 67.7, "subj": 63.5, "agnews": 61.3, "cb": 31.4}
    for task, least in expected.items():
        found = cell(whole["paper_table2"], "base_recall", task)
        assert found["paper_small"] == pytest.approx(least, abs=0.05)


def test_perplexities_have_the_interval_of_student():
    table = momentum()["language_chosen"]
    found = entry("momentum:perplexities")(
        Inputs(tables={"t": table}, reference={"table6": reference("table6")})
    )
    own = table[(table["variant"] == "momentum") & (table["length"] == 64)]["perplexity"]
    known = cell(found, "momentum", "half")
    low, high = stats.t.interval(0.95, 2, own.mean(), stats.sem(own))
    np.testing.assert_allclose(
        known[["value", "low", "high"]].to_numpy(float), [own.mean(), low, high]
    )
    assert known["paper_small"] == 16.73
    assert cell(found, "drop", "full")["paper_small"] == pytest.approx(0.79, abs=0.005)
    assert set(found["column"]) == {"train", "quarter", "half", "full"}


def test_momentum_is_judged_seed_by_seed_on_held_out_text():
    made = momentum()
    found = entry("momentum:momentum_seeds")(Inputs(tables=made))
    table = made["language_chosen"]
    valid = table[(table["split"] == "valid") & (table["seed"] == 1)]
    wide = valid.pivot(index="length", columns="variant", values="perplexity")
    drop = 100 * (1 - wide.div(wide["vanilla"], axis=0))
    own = found[found["seed"] == 1].set_index("quantity")["value"]
    assert own["drop"] == pytest.approx(drop["momentum"].min())
    best = max(drop["alibi"].mean(), drop["convolution"].mean())
    assert own["over_recency"] == pytest.approx(drop["momentum"].mean() - best)
    over = (drop["momentum"] - drop["matched"]).mean()
    assert own["over_matched"] == pytest.approx(over)
    rotary = 100 * (1 - wide["rotary_momentum"] / wide["rotary"]).min()
    assert own["rotary_drop"] == pytest.approx(rotary)
    for name, variant in (("context", "vanilla"), ("rotary_context", "rotary")):
        gain = 100 * (1 - wide.at[wide.index.max(), variant] / wide.at[wide.index.min(), variant])
        assert own[name] == pytest.approx(gain)
    tasks = entry("momentum:momentum_tasks")(Inputs(tables=made))
    assert tasks["above"].tolist() == 6 * [True]
    assert set(tasks["networks"]) == {made["language_few_shot"]["seed"].nunique()}


def test_few_shot_trials_are_crossed():
    """Sixty trials of three seeds say less than sixty trials: a seed is off in all of its own."""
    made = momentum(effect=False)
    shift = 10.0 * (made["language_few_shot"]["seed"] == 2)
    table = made["language_few_shot"]
    table["accuracy"] += shift.where(table["variant"] == "momentum", 0.0)
    cells = entry("momentum:few_shot")(
        Inputs(tables={"t": table}, reference={"table7": reference("table7")})
    )
    gain = cell(cells, "gain", "mean")
    assert gain["low"] < 0.5 < gain["value"] < gain["high"]
    found = entry("momentum:momentum_seeds")(Inputs(tables=made))
    own = found[found["quantity"] == "few_shot_gain"]
    assert own["value"].mean() == pytest.approx(gain["value"])
    assert (own["low"] < own["value"]).all() and (own["value"] < own["high"]).all()


def test_one_seed_has_no_interval():
    losses = momentum(seeds=1)["language_chosen"]
    cells = entry("momentum:perplexities")(
        Inputs(tables={"t": losses}, reference={"table6": reference("table6")})
    )
    assert cells["low"].isna().all()


def test_few_shot_gains_are_paired():
    table = momentum()["language_few_shot"]
    found = entry("momentum:few_shot")(
        Inputs(tables={"t": table}, reference={"table7": reference("table7")})
    )
    wide = table.pivot(
        index=["task", "seed", "demonstrations"], columns="variant", values="accuracy"
    )
    gain = (wide["momentum"] - wide["vanilla"]).groupby("task").mean()
    for task in TASKS:
        assert cell(found, "gain", task)["value"] == pytest.approx(gain[task])
    assert cell(found, "gain", "sst5")["paper_small"] == pytest.approx(2.1)
    assert cell(found, "vanilla", "mean")["value"] == pytest.approx(wide["vanilla"].mean())
    assert isinstance(found, pd.DataFrame)


def test_a_variant_that_failed_is_left_out():
    made = {
        name: table[table["variant"] != "momentum"].reset_index(drop=True)
        for name, table in momentum().items()
    }
    assert entry("momentum:momentum_seeds")(Inputs(tables=made)).empty
    tasks = entry("momentum:momentum_tasks")(Inputs(tables=made))
    assert tasks.empty
    cells = entry("momentum:few_shot")(
        Inputs(tables={"t": made["language_few_shot"]}, reference={"table7": reference("table7")})
    )
    assert set(cells["row"]) == {"vanilla"}
