"""Accuracy without demonstrations, after finetuning and in context (Table 1)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from papers.dai2022.tables.answers import CONDITIONS, scorings
from papers.dai2022.tables.samples import (
    TASKS,
    Arrays,
    by_task,
    resampled_all,
    with_mean,
)
from reprise.results import Inputs
from reprise.stats.intervals import frame

GAINS = {"icl_zsl": ("icl", "zsl"), "ft_zsl": ("ft", "zsl"), "icl_ft": ("icl", "ft")}
"""Comparison -> the condition that is expected to be better, and the other one."""

Accuracies = dict[tuple[str, ...], np.ndarray]


def accuracy(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``condition``, ``scoring``, ``value`` (%), ``low``, ``high``, ``n``.

    Conditions: zsl, ft, icl, icl_second (demonstrations of another seed); scorings as of
    ``answers.scorings``. Task ``mean`` is over tasks. Intervals are over queries and orders of the
    demonstrations, here and in all tables of this paper.
    """
    table = with_mean(accuracies(inputs))
    return counted(frame(table, ["task", "condition", "scoring"]), by_task(inputs, "measures"))


def accuracies(inputs: Inputs) -> Accuracies:
    """(task, condition, scoring) -> accuracy in percent [resample]."""
    shares: Accuracies = {}
    for task, arrays in by_task(inputs, "measures").items():
        hits = {
            (task, condition, scoring): own
            for condition in (*CONDITIONS, "icl_second")
            if f"{condition}.log_probs" in arrays
            for scoring, own in scorings(arrays, condition)
        }
        shares |= {key: 100 * share for key, share in resampled_all(hits, task).items()}
    return shares


def differences(shares: Accuracies) -> Accuracies:
    """(task, comparison, scoring) -> difference in points [resample]."""
    return {
        (task, comparison, scoring): values - shares[task, lower, scoring]
        for comparison, (upper, lower) in GAINS.items()
        for (task, condition, scoring), values in shares.items()
        if condition == upper and (task, lower, scoring) in shares
    }


def counted(table: pd.DataFrame, tasks: Mapping[str, Arrays]) -> pd.DataFrame:
    """The table with ``n``: queries of the task, or of all ``tasks`` together."""
    counts = {task: len(arrays["labels"]) for task, arrays in tasks.items()}
    known = [task for task in TASKS if task in counts]
    whole = sum(counts[task] for task in known)
    return table.assign(n=[counts.get(task, whole) for task in table["task"]])
