"""Accuracy, gains and Rec2FTP against counting by hand."""

import made_up_answers
import numpy as np
import pytest

from papers.dai2022.analysis.label_answers import rec2ftp
from papers.dai2022.tables import accuracy, answers, answers_summary, recovery
from reprise.results import Inputs


def row(table, **where):
    chosen = table[np.logical_and.reduce([table[k] == v for k, v in where.items()])]
    assert len(chosen) == 1, where
    return chosen.iloc[0]


def hits(arrays, condition):
    """Counted query by query."""
    found = []
    for scores, label in zip(arrays[f"{condition}.log_probs"], arrays["labels"], strict=True):
        best = max(range(len(scores)), key=lambda c, s=scores: s[c])
        found.append(best == label)
    return np.array(found)


def test_accuracy_counts_right_answers(planted, whole):
    for task in ("sst5", "cb"):
        arrays = planted[f"measures_{task}"]
        for condition in ("zsl", "ft", "icl", "icl_second"):
            found = row(whole["accuracy"], task=task, condition=condition, scoring="raw")
            share = hits(arrays, condition).mean()
            assert found["value"] == pytest.approx(100 * share)
            error = 196 * np.sqrt(share * (1 - share) / len(arrays["labels"]))
            assert found["high"] - found["low"] == pytest.approx(2 * error, rel=0.2)
            assert found["n"] == made_up_answers.QUERIES


def test_the_mean_is_over_tasks_and_narrower(whole):
    table = whole["accuracy"]
    own = table[(table["condition"] == "icl") & (table["scoring"] == "raw")]
    tasks, mean = own[own["task"] != "mean"], own[own["task"] == "mean"].iloc[0]
    assert mean["value"] == pytest.approx(tasks["value"].mean())
    width = (tasks["high"] - tasks["low"]).mean()
    # Queries of different tasks are independent: six of them halve the interval and more.
    assert mean["high"] - mean["low"] == pytest.approx(width / np.sqrt(6), rel=0.25)
    assert mean["n"] == 6 * made_up_answers.QUERIES


def test_gains_are_paired(planted, whole):
    arrays = planted["measures_mr"]
    found = row(whole["gains"], task="mr", comparison="icl_ft", scoring="raw")
    each = 100.0 * (hits(arrays, "icl").astype(int) - hits(arrays, "ft"))
    assert found["value"] == pytest.approx(each.mean())
    error = 1.96 * each.std(ddof=1) / np.sqrt(len(each))
    assert found["high"] - found["low"] == pytest.approx(2 * error, rel=0.15)


def test_scores_that_are_not_finite_are_wrong():
    scores = np.array([[0.0, 1.0], [np.nan, 1.0], [np.inf, 0.0], [2.0, 1.0]])
    found = answers.right(scores, np.array([1, 1, 0, 0]))
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
    zsl, ft, icl, second = (hits(arrays, c) for c in ("zsl", "ft", "icl", "icl_second"))
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
    both = rec2ftp(zsl, ft, icl)
    assert value("rec2ftp") == pytest.approx(float(both[0]))


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
    gains = accuracy.gains(inputs)
    gain = row(gains, task="mean", comparison="icl_zsl", scoring="raw")["value"]
    assert gain == pytest.approx(100)


def test_equal_accuracies_are_no_gain():
    """Rounding must not make one of them the higher one."""
    rng = np.random.default_rng(0)
    labels = np.zeros(37, int)
    for _ in range(20):
        arrays = {"labels": labels}
        for condition in ("zsl", "ft", "icl"):
            hit = rng.permutation(np.arange(37) < 23)
            arrays[f"{condition}.log_probs"] = np.where(hit[:, None], [[0.0, -1.0]], [[-1.0, 0.0]])
        summary = answers_summary.answers_summary(Inputs(datasets={"measures_mr": arrays}))
        assert row(summary, source="gains", quantity="tasks_icl_zsl")["value"] == 0


def test_the_summary_counts_tasks(whole):
    table = whole["answers_summary"]
    corrected = [row(table, source=t, quantity="corrected")["value"] for t in made_up_answers.TASKS]
    assert row(table, source="recovery", quantity="corrected")["value"] == min(corrected)
    gains = whole["gains"]
    own = gains[(gains["comparison"] == "ft_zsl") & (gains["scoring"] == "raw")]
    above = (own[own["task"] != "mean"]["value"] > 0).sum()
    assert row(table, source="gains", quantity="tasks_ft_zsl")["value"] == above
    least = min(
        row(gains, task="cb", comparison=c, scoring="raw")["value"] for c in ("ft_zsl", "icl_zsl")
    )
    assert row(table, source="cb", quantity="least_gain")["value"] == pytest.approx(least)
