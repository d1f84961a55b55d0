"""How alike in-context learning and finetuning change attention (Tables 3, 4 and 5).

Every query's value is the mean over layers; values are means over queries.
"""

import numpy as np
import pandas as pd

from papers.dai2022.tables.samples import (
    MEAN,
    POSITIONS,
    Arrays,
    by_task,
    resampled_all,
    with_mean,
)
from reprise.results import Inputs
from reprise.stats.intervals import frame

MEASURES = (
    "simaou simaou_random simaou_gaussian simaou_raw simam_before simam_after simam_delta "
    "kendall kendall_random kendall_rate0 kendall_position kendall_examples"
).split()

Values = dict[tuple[str, ...], np.ndarray]


def similarity(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``comparison``, ``measure``, ``position``, ``value``, ``low``, ``high``, ``n``.

    The comparison is main. Task ``mean`` is over tasks; ``n`` counts queries, there of all tasks
    together.
    """
    means = values(inputs)
    table = frame(with_mean(means), ["task", "measure", "position"])
    counts = {
        (task, measure, position): arrays[name].shape[1]
        for task, arrays in by_task(inputs, "measures").items()
        for measure, position, name in names(arrays)
    }
    for key in {key[1:] for key in counts}:
        counts[MEAN, *key] = sum(count for own, count in counts.items() if own[1:] == key)
    keys = zip(table["task"], table["measure"], table["position"], strict=True)
    table.insert(1, "comparison", "main")
    return table.assign(n=[counts[key] for key in keys])


def values(inputs: Inputs) -> Values:
    """(task, measure, position) -> means over queries [resample]."""
    means: Values = {}
    for task, arrays in by_task(inputs, "measures").items():
        own = {(task, *key): per_query(arrays[name]) for *key, name in names(arrays)}
        means |= resampled_all(own, task)
    return means


def names(arrays: Arrays, comparison: str = "main") -> list[tuple[str, str, str]]:
    """(measure, position, name of the array) of what is there of a comparison."""
    every = [
        (measure, position, f"{comparison}.{measure}.{position}")
        for measure in MEASURES
        for position in POSITIONS
    ]
    return [each for each in every if each[2] in arrays]


def per_query(values: np.ndarray) -> np.ndarray:
    """Means [order, query] over layers of [order, query, layer], in double precision."""
    return np.asarray(values, float).mean(axis=-1)
