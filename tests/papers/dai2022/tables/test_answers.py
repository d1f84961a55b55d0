"""Accuracy, gains and Rec2FTP against counting by hand."""

import made_up_answers
import numpy as np
import pytest

from papers.dai2022.analysis.label_answers import right
from papers.dai2022.tables import answers, overall, recovery, task_values
from reprise.results import Inputs


def row(table, **where):
    chosen = table[np.logical_and.reduce([table[k] == v for k, v in where.items()])]
    assert len(chosen) == 1, where
    return chosen.iloc[0]


def hits(arrays, condition):
    """Counted query by query, order by order."""
    scores = arrays[f"{condition}.log_probs"]
    orders = scores if scores.ndim == 3 else [scores]
    found = []
    for order in orders:
        for scores, label in zip(order, arrays["labels"], strict=True):
            best = max(range(len(scores)), key=lambda c, s=scores: s[c])
            found.append(best == label)
    return np.array(found).reshape(len(orders), -1)


def spread(each):
    """Standard error of the mean over orders."""
    orders = each.mean(axis=1)
    return orders.std(ddof=1) / np.sqrt(len(orders)) if len(orders) > 1 else 0.0


def test_accuracy_counts_right_answers(planted, whole):
    for task in ("sst5", "cb"):
        arrays = planted[f"measures_{task}"]
        for condition in ("zsl", "ft", "icl", "icl_second"):
            found = row(whole["accuracy"], task=task, condition=condition, scoring="raw")
            share = hits(arrays, condition).mean()
            assert found["value"] == pytest.approx(100 * share)
            each = hits(arrays, condition)
            error = np.hypot(each.mean(axis=0).std(ddof=1) / np.sqrt(each.shape[1]), spread(each))
            # Two orders have no tails: of their part the interval has half of the normal law's.
            assert 0.45 < (found["high"] - found["low"]) / (392 * error) < 1.2
            assert found["n"] == made_up_answers.QUERIES


def test_the_mean_is_over_tasks_and_narrower(whole):
    table = whole["accuracy"]
    own = table[(table["condition"] == "icl") & (table["scoring"] == "raw")]
    tasks, mean = own[own["task"] != "mean"], own[own["task"] == "mean"].iloc[0]
    assert mean["value"] == pytest.approx(tasks["value"].mean())
    width = np.sqrt(((tasks["high"] - tasks["low"]) ** 2).mean())
    # Queries and orders of different tasks are independent: six of them halve the interval, and
    # their sum has tails that two orders of one task do not have.
    assert 0.8 < (mean["high"] - mean["low"]) / (width / np.sqrt(6)) < 2
    assert mean["n"] == 6 * made_up_answers.QUERIES


def test_gains_are_differences_of_accuracies(planted, whole):
    arrays, table = planted["measures_mr"], whole["task_values"]
    found = row(table, task="mr", quantity="icl_ft")["value"]
    expected = 100 * (hits(arrays, "icl").mean() - hits(arrays, "ft").mean())
    assert found == pytest.approx(expected)


def test_scores_that_are_not_finite_are_wrong():
    scores = np.array([[0.0, 1.0], [np.nan, 1.0], [np.inf, 0.0], [2.0, 1.0]])
    found = right(scores, np.array([1, 1, 0, 0]))
    assert found.tolist() == [True, False, False, True]


def test_calibration_takes_out_what_prompts_without_content_have():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=400)
    bias = np.array([4.0, 0.0, -3.0])
    scores = np.eye(3)[labels] * 2 + 0.3 * rng.normal(size=(400, 3)) + bias
    arrays = {"labels": labels, "a.log_probs": scores, "a.free": np.stack([bias, bias - 1])}
    found = {name: own.mean() for name, own in answers.scorings(arrays, "a")}
    assert found["raw"] < 0.5
    assert found["content_free"] > 0.97
    assert found["mean_centred"] > 0.97
    without = {name for name, _ in answers.scorings({**arrays, "a.free": np.zeros((0, 3))}, "a")}
    assert without == {"raw", "mean_centred"}


def test_recovery_is_counted(planted, whole):
    arrays = planted["measures_agnews"]
    zsl, ft, icl, second = np.broadcast_arrays(
        *(hits(arrays, c) for c in ("zsl", "ft", "icl", "icl_second"))
    )
    table = whole["recovery"]

    def value(quantity):
        return row(table, task="agnews", scoring="raw", quantity=quantity)["value"]

    expected = {
        "rec2ftp": icl[~zsl & ft].mean(),
        "base_recall": icl[~zsl].mean(),
        "above_base": icl[~zsl & ft].mean() - icl[~zsl].mean(),
        "second_rec2ftp": second[~zsl & ft].mean(),
        "second_covered": icl[~zsl & second].mean(),
    }
    for quantity, share in expected.items():
        assert value(quantity) == pytest.approx(100 * share), quantity
    assert value("corrected") == (~zsl & ft).sum()
    assert value("recovered") == (~zsl & ft & icl).sum()


def test_agreement_is_found_and_chance_is_not(whole, null):
    planted = row(whole["recovery"], task="mean", scoring="raw", quantity="above_base")
    assert planted["low"] > 0
    nothing = recovery.recovery(Inputs(datasets=null))
    found = row(nothing, task="mean", scoring="raw", quantity="above_base")
    assert found["low"] < 0 < found["high"]


def test_a_task_without_corrections_has_no_share():
    labels = np.zeros(20, int)
    right, wrong = np.tile([0.0, -5.0], (20, 1)), np.tile([-5.0, 0.0], (20, 1))
    arrays = {"labels": labels, "zsl.log_probs": wrong, "ft.log_probs": wrong}
    inputs = Inputs(datasets={"measures_mr": {**arrays, "icl.log_probs": right}})
    table = recovery.recovery(inputs)
    assert np.isnan(row(table, task="mr", scoring="raw", quantity="rec2ftp")["value"])
    assert row(table, task="mr", scoring="raw", quantity="base_recall")["value"] == 100
    assert row(table, task="mr", scoring="raw", quantity="corrected")["value"] == 0


def test_recovery_is_pooled_over_tasks(planted, whole):
    table = whole["overall"]
    corrected = own = base = second = 0.0
    for task in made_up_answers.TASKS:
        arrays = planted[f"measures_{task}"]
        zsl, ft, icl, other = np.broadcast_arrays(
            *(hits(arrays, c) for c in ("zsl", "ft", "icl", "icl_second"))
        )
        corrected += (~zsl & ft).sum()
        own += (~zsl & ft & icl).sum()
        base += (~zsl & ft).sum() * icl[~zsl].mean()
        second += (~zsl & ft & other).sum()
    expected = {
        "corrected": corrected,
        "rec2ftp": 100 * own / corrected,
        "above_base": 100 * (own - base) / corrected,
        "above_second": 100 * (own - second) / corrected,
    }
    for quantity, value in expected.items():
        found = row(table, source="recovery", quantity=quantity)
        assert found["value"] == pytest.approx(value), quantity


def test_nothing_corrected_has_no_share(planted):
    arrays = dict(planted["measures_cb"])
    arrays["ft.log_probs"] = np.stack(2 * [arrays["zsl.log_probs"]])
    found = overall.recovered(Inputs(datasets={"measures_cb": arrays}))
    assert found["corrected"] == 0
    assert np.isnan(found["rec2ftp"]).all()


def test_every_task_has_every_number(whole):
    table = whole["task_values"]
    counts = table.groupby("quantity")["task"].nunique()
    assert (counts == len(made_up_answers.TASKS)).all()
    for (comparison, measure), share in task_values.SHARES.items():
        own = table[table["quantity"] == f"{measure}_{comparison}_over_share"]
        assert len(own) == len(made_up_answers.TASKS)
        assert 0 < share <= 1
