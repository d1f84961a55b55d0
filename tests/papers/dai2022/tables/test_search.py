"""Choices of seed and learning rate, and what the tasks consist of."""

import made_up_answers
import numpy as np
import pytest
from made_up_tables import reference

from papers.dai2022.tables import search
from reprise.results import Inputs


def accuracy(log_probs, labels):
    return 100 * (log_probs.argmax(axis=-1) == labels).mean(axis=-1)


def test_curves_are_accuracies_on_both_splits(planted, whole):
    arrays, table = planted["measures_mr"], whole["search_rates"]
    for split, answers, labels in (
        ("selection", "selection.ft", "selection.labels"),
        ("evaluation", "rates.ft", "labels"),
    ):
        rows = table[(table["task"] == "mr") & (table["split"] == split)]
        rows = rows[rows["learning_rate"] > 0].sort_values("learning_rate")
        draws = 0 if split == "selection" else 1
        expected = accuracy(arrays[answers], arrays[labels]).mean(axis=draws)
        np.testing.assert_allclose(rows["value"], expected)
        np.testing.assert_allclose(rows["learning_rate"], made_up_answers.RATES)
        assert rows["stable"].tolist() == [True, True, True, False]
    base = table[(table["task"] == "mr") & (table["learning_rate"] == 0)]
    expected = accuracy(arrays["selection.zsl"], arrays["selection.labels"])
    assert base["value"].iloc[0] == pytest.approx(expected)


def test_choices_are_marked(planted, whole):
    for task in made_up_answers.TASKS:
        arrays, table = planted[f"measures_{task}"], whole["search_rates"]
        rows = table[(table["task"] == task) & (table["split"] == "evaluation")]
        best = accuracy(arrays["rates.ft"], arrays["labels"]).mean(axis=1).argmax()
        for way, index in (("selection", made_up_answers.CHOSEN), ("paper", best)):
            marked = rows[rows["chosen"].isin([way, "both"])]["learning_rate"].tolist()
            assert marked == [made_up_answers.RATES[index]]
        seeds = whole["search_seeds"]
        own = seeds[seeds["task"] == task]
        chosen = arrays["selection.seeds"][arrays["selection.seed_index"]]
        assert own[own["chosen"]]["seed"].tolist() == [chosen]


def test_choosing_on_reported_queries_never_loses(planted, whole):
    table = whole["search_choices"].set_index(["task", "way"])
    arrays = planted["measures_cb"]
    curve = accuracy(arrays["rates.ft"], arrays["labels"]).mean(axis=1)
    expected = curve[made_up_answers.CHOSEN]
    assert table.loc[("cb", "selection"), "value"] == pytest.approx(expected)
    assert table.loc[("cb", "paper"), "value"] == pytest.approx(curve.max())
    difference = table.xs("difference", level="way")["value"]
    assert (difference >= -1e-9).all()
    assert table.loc[("cb", "paper"), "paper_learning_rate"] == 0.08
    assert table.loc[("cb", "paper"), "paper_seed"] == 3


def test_a_rate_without_finite_answers_is_wrong(planted):
    arrays = dict(planted["measures_subj"])
    arrays["rates.ft"] = arrays["rates.ft"].copy()
    arrays["rates.ft"][-1] = np.nan
    table = search.rates(Inputs(datasets={"measures_subj": arrays}))
    rows = table[(table["split"] == "evaluation")].sort_values("learning_rate")
    assert rows["value"].iloc[-1] == 0


def test_measures_are_there_at_every_rate(planted, whole):
    arrays, table = planted["measures_agnews"], whole["rate_measures"]
    own = table[(table["task"] == "agnews") & (table["measure"] == "simam_gain")]
    before = arrays["main.simam_before.label0"][0].astype(float).mean()
    expected = arrays["rates.simam_after"].astype(float).mean(axis=(1, 2, 3)) - before
    np.testing.assert_allclose(own["value"], expected, atol=1e-7)
    assert own[own["chosen"]]["learning_rate"].tolist() == [0.01]
    assert own[~own["stable"]]["learning_rate"].tolist() == [0.1]


def test_sets_count_what_is_there(planted, whole):
    table = whole["sets"].set_index(["task", "quantity"])
    arrays = planted["prompts_agnews"]
    assert table.loc[("agnews", "labels"), "value"] == 4
    assert table.loc[("agnews", "demonstrations"), "paper"] == 22
    longest = max(1 + sum(length + 1 for length in own) for own in arrays["demonstration_lengths"])
    assert table.loc[("agnews", "context_tokens"), "value"] == longest
    share = max(np.bincount(arrays["query_labels"])) / len(arrays["query_labels"])
    assert table.loc[("agnews", "commonest_label"), "value"] == pytest.approx(100 * share)
    known = reference("sets")
    assert set(known["task"]) == set(made_up_answers.TASKS)
