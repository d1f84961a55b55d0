"""Tests of the classification of runs on cases whose class is known."""

import numpy as np
import pandas as pd
import pytest

from papers.pearce2023.analysis import classes

EXTREMES = pd.DataFrame(
    {
        "min_train_loss": [1.1e-5, 1e-5, 1e-7, 1e-7, np.nan, 1e-7],
        "min_test_loss": [1e-9, 1.1e-5, 1e-5, 1e-7, np.nan, np.nan],
        "max_ratio": [1e9, 1e9, 4.9e4, 5e4, np.nan, 1e7],
    }
)


def test_each_class_at_its_thresholds():
    assert classes.classify(EXTREMES).tolist() == ["N", "M", "G", "K", "N", "M"]


def test_thresholds_are_parameters():
    assert classes.classify(EXTREMES, min_loss=1e-6).tolist() == ["N", "N", "M", "K", "N", "M"]
    assert classes.classify(EXTREMES, ratio=1e4).tolist()[2] == "K"


def test_extremes_take_the_ratio_at_one_step():
    metrics = pd.DataFrame(
        {
            "member": [0, 0, 0, 1, 1, 2],
            "step": [0, 1, 2, 0, 1, 0],
            "train_loss": [0.5, 0.01, 0.1, 0.2, np.nan, np.nan],
            "test_loss": [1.0, 0.5, 3.0, 0.6, np.nan, np.nan],
        }
    )
    found = classes.extremes(metrics)
    assert found.loc[0].tolist() == [0.01, 0.5, 50.0]
    assert found.loc[1].to_numpy() == pytest.approx([0.2, 0.6, 3.0])
    assert found.loc[2].isna().all()


def test_counts_keep_absent_classes_and_sum_to_the_group():
    table = pd.DataFrame({"wd": [1, 1, 1, 2], "h": [8, 8, 8, 8], "class": ["K", "K", "M", "N"]})
    found = classes.counts(table, ["wd", "h"])
    assert found.columns.tolist() == ["wd", "h", "M", "K", "G", "N", "total"]
    assert found.to_numpy().tolist() == [[1, 8, 1, 2, 0, 0, 3], [2, 8, 0, 0, 0, 1, 1]]
    assert classes.counts(table, ["wd"]).columns[0] == "wd"


def test_majority_needs_a_single_leader():
    assert classes.majority([1, 2, 0, 0]) == "K"
    assert classes.majority([0, 0, 0, 9]) == "N"
    assert classes.majority([1, 1, 1, 0]) == classes.TIE


def test_total_variation_of_shares():
    assert classes.total_variation([3, 0, 0, 0], [9, 0, 0, 0]) == 0
    assert classes.total_variation([1, 0, 0, 0], [0, 0, 0, 5]) == 1
    assert classes.total_variation([1, 1, 1, 1], [2, 0, 1, 1]) == pytest.approx(0.25)
    with pytest.raises(ValueError, match="neither empty"):
        classes.total_variation([0, 0], [1, 1])
