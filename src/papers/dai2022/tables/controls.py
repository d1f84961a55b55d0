"""The same measures where one side of the comparison is replaced: the controls."""

import numpy as np
import pandas as pd

from papers.dai2022.tables.samples import POSITIONS, controls_by_task, resampled_all, with_mean
from papers.dai2022.tables.similarity import names, per_query
from reprise.results import Inputs
from reprise.stats.intervals import frame

COMPARISONS = (
    "main shuffled_ft shuffled_icl cross_task random_update ascent unrelated layer_causal "
    "untrained untrained_norms"
).split()
"""``main`` is the paper's own comparison on the same queries."""

NAMES = ["task", "comparison", "measure", "position"]

Values = dict[tuple[str, ...], np.ndarray]


def controls(inputs: Inputs) -> pd.DataFrame:
    """The columns ``NAMES``, ``value``, ``low`` and ``high``, of the first order and queries.

    Comparisons: ``COMPARISONS``, as far as they are there. Means over tasks are over those that
    have the comparison.
    """
    return frame(with_mean(values(inputs)), NAMES)


def values(inputs: Inputs) -> Values:
    """(task, comparison, measure, position) -> means over queries [resample]."""
    means: Values = {}
    for task, own in queries(inputs).items():
        means |= resampled_all(own, task)
    return means


def queries(inputs: Inputs) -> dict[str, Values]:
    """Task -> (task, comparison, measure, position) -> means over layers [order, query].

    ``simaou_by_length``: SimAOU minus the same without scaling outputs to length 1.
    """
    found: dict[str, Values] = {}
    for task, arrays in controls_by_task(inputs).items():
        known = found[task] = {}
        for comparison in COMPARISONS:
            own = {
                (measure, position): per_query(arrays[name])
                for measure, position, name in names(arrays, comparison)
            }
            for position in POSITIONS:
                if ("simaou", position) in own:
                    scaling = own["simaou", position] - own["simaou_raw", position]
                    own["simaou_by_length", position] = scaling
            known |= {(task, comparison, *key): values for key, values in own.items()}
    return found
