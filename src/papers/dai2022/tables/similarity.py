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
    mean_of,
    resampled,
    resampled_all,
    with_mean,
)
from reprise.results import Inputs
from reprise.stats.resampling import frame, interval

MEASURES = (
    "simaou simaou_random simaou_gaussian simaou_raw simam_before simam_after simam_delta "
    "kendall kendall_random kendall_rate0 kendall_position kendall_examples"
).split()

NULLS = {"simaou": "simaou_random", "kendall": "kendall_random"}
"""Measure -> the same with random numbers in the place of finetuning."""

Values = dict[tuple[str, ...], np.ndarray]


def similarity(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``comparison``, ``measure``, ``position``, ``value``, ``low``, ``high``, ``n``.

    The comparison is main. Task ``mean`` is over tasks; ``n`` counts queries, there of all tasks
    together.
    """
    means = values(inputs)
    table = frame(with_mean(means), ["task", "measure", "position"])
    counts = {
        (task, measure, position): len(arrays[name])
        for task, arrays in by_task(inputs, "measures").items()
        for measure, position, name in names(arrays)
    }
    for key in {key[1:] for key in counts}:
        counts[MEAN, *key] = sum(count for own, count in counts.items() if own[1:] == key)
    keys = zip(table["task"], table["measure"], table["position"], strict=True)
    table.insert(1, "comparison", "main")
    return table.assign(n=[counts[key] for key in keys])


def kendall(inputs: Inputs) -> pd.DataFrame:
    """The rows of ``similarity`` on Kendall's rank correlation, and differences from ``kendall``.

    ``task``, ``measure``, ``position``, ``value``, ``low``, ``high``; ``below``: how much less than
    ``kendall`` on the same queries, with ``below_low`` and ``below_high``.
    """
    means = {k: v for k, v in with_mean(values(inputs)).items() if k[1].startswith("kendall")}
    table = frame(means, ["task", "measure", "position"])
    below = [interval(means[task, "kendall", where] - v) for (task, _, where), v in means.items()]
    for place, column in enumerate(("below", "below_low", "below_high")):
        table[column] = [row[place] for row in below]
    return table


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
    """Means [query] over layers of [query, layer], in double precision."""
    return np.asarray(values, float).mean(axis=1)


def null_error(values: np.ndarray) -> float:
    """Standard error of the mean over queries of [query, layer]."""
    own = per_query(values)
    return float(own.std(ddof=1) / np.sqrt(len(own))) if len(own) > 1 else np.nan


def null_errors(inputs: Inputs, measure: str, position: str) -> dict[str, np.ndarray]:
    """Task -> how far a measure is above its null, in the null's standard errors [resample]."""
    errors = {}
    for task, arrays in by_task(inputs, "measures").items():
        own, null = (arrays.get(f"main.{m}.{position}") for m in (measure, NULLS[measure]))
        if own is not None and null is not None and null_error(null) > 0:
            above = resampled(per_query(own) - per_query(null), task)
            errors[task] = above / null_error(null)
    return errors


def of_measure(means: Values, measure: str, position: str) -> dict[str, np.ndarray]:
    """Task -> values [resample] of one measure."""
    return {t: v for (t, m, p), v in means.items() if (m, p) == (measure, position)}


def over_tasks(by_task: dict[str, np.ndarray]) -> np.ndarray:
    """The mean over tasks [resample]."""
    return mean_of(by_task.values())
