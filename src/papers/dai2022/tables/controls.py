"""The same measures where one side of the comparison is replaced: the controls."""

import numpy as np
import pandas as pd

from papers.dai2022.tables.accuracy import counted
from papers.dai2022.tables.answers import right
from papers.dai2022.tables.samples import controls_by_task, resampled_all, with_mean
from papers.dai2022.tables.similarity import names, per_query
from reprise.results import Inputs
from reprise.stats.resampling import frame, interval

COMPARISONS = (
    "main shuffled_ft shuffled_icl cross_task random_update ascent unrelated layer_causal "
    "untrained untrained_norms rate0"
).split()
"""``main`` is the paper's own comparison on the same queries."""

NAMES = ["task", "comparison", "measure", "position"]

Values = dict[tuple[str, ...], np.ndarray]


def controls(inputs: Inputs) -> pd.DataFrame:
    """The columns ``NAMES``, ``value``, ``low``, ``high``, ``below``, ``below_low``, ``.._high``.

    ``below``: how much less than ``main`` on the same queries. Comparisons: ``COMPARISONS``, as far
    as they are there. Means over tasks are over those that have the comparison.
    """
    own, below = (with_mean(resamples) for resamples in (values(inputs), differences(inputs)))
    table = frame(own, NAMES)
    ends = [interval(below[key]) if key in below else (np.nan,) * 3 for key in own]
    for place, column in enumerate(("below", "below_low", "below_high")):
        table[column] = [row[place] for row in ends]
    return table


def answers(inputs: Inputs) -> pd.DataFrame:
    """Accuracy (%): ``task``, ``comparison``, ``condition`` (ft, icl), ``value`` .. ``n``."""
    shares: Values = {}
    for task, arrays in controls_by_task(inputs).items():
        hits = {
            (task, comparison, condition): right(own.astype(float), arrays["labels"])
            for comparison in COMPARISONS
            for condition in ("ft", "icl")
            if (own := arrays.get(f"{comparison}.{condition}")) is not None
        }
        shares |= {key: 100 * share for key, share in resampled_all(hits, task).items()}
    table = frame(with_mean(shares), ["task", "comparison", "condition"])
    return counted(table, controls_by_task(inputs))


def values(inputs: Inputs) -> Values:
    """(task, comparison, measure, position) -> means over queries [resample]."""
    means: Values = {}
    for task, own in queries(inputs).items():
        means |= resampled_all(own, task)
    return means


def differences(inputs: Inputs) -> Values:
    """(task, comparison, measure, position) -> ``main`` minus the comparison [resample].

    Where one of them is of fewer queries, which are the first ones, of those alone.
    """
    below: Values = {}
    for task, known in queries(inputs).items():
        less = {}
        for key, own in known.items():
            main = known.get((task, "main", *key[2:]))
            if main is not None:
                shared = min(len(main), len(own))
                less[key] = main[:shared] - own[:shared]
        below |= resampled_all(less, task)
    return below


def queries(inputs: Inputs) -> dict[str, Values]:
    """Task -> (task, comparison, measure, position) -> every query's mean over layers [query]."""
    return {
        task: {
            (task, comparison, *key): per_query(arrays[name])
            for comparison in COMPARISONS
            for *key, name in names(arrays, comparison)
        }
        for task, arrays in controls_by_task(inputs).items()
    }
