"""How much the order of demonstrations matters, in context and in finetuning.

Axis order of answers: order, query.
"""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from papers.dai2022.analysis.label_answers import right
from papers.dai2022.tables.samples import TASKS, by_task, with_mean
from reprise.results import Inputs
from reprise.stats.intervals import frame, means

CONDITIONS = ("icl", "ft")


def orders(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``condition`` (icl, ft, difference), ``value``, ``low``, ``high``, ``sample``.

    ``value`` is the standard deviation over orders of the accuracy, in points, without what a
    finite number of queries adds (``deviation``); ``sample`` is with it.
    """
    table = frame(with_mean(deviations(inputs)), ["task", "condition"])
    own = {
        key: 100 * hits.mean(axis=1).std(ddof=1)
        for key, hits in _hits(inputs).items()
        if len(hits) > 1
    }
    keys = zip(table["task"], table["condition"], strict=True)
    return table.assign(sample=[own.get(key, np.nan) for key in keys])


def accuracies(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``condition``, ``order`` (from 1), ``value`` (%), ``low``, ``high``."""
    shares: dict[tuple[str, str, int], np.ndarray] = {}
    for (task, condition), hits in _hits(inputs).items():
        curve = 100 * _over_queries(hits, task)
        shares |= {(task, condition, i + 1): curve[:, i] for i in range(len(hits))}
    return frame(shares, ["task", "condition", "order"])


def deviations(inputs: Inputs) -> dict[tuple[str, ...], np.ndarray]:
    """(task, condition) -> ``deviation`` in points [resample]; ``difference``: icl minus ft."""
    spreads: dict[tuple[str, ...], np.ndarray] = {
        (task, condition): 100 * deviation(hits, _over_queries(hits, task))
        for (task, condition), hits in _hits(inputs).items()
        if min(hits.shape) > 1
    }
    for task in list(dict.fromkeys(task for task, _ in spreads)):
        if (task, "icl") in spreads and (task, "ft") in spreads:
            spreads[task, "difference"] = spreads[task, "icl"] - spreads[task, "ft"]
    return spreads


def deviation(
    hits: Bool[np.ndarray, "order query"], accuracy: Float[np.ndarray, "resample order"]
) -> Float[np.ndarray, " resample"]:
    """Standard deviation over orders of the accuracy on all queries that there could be.

    The variance over orders on n queries has, beside this one, that of the accuracies about their
    mean, 1/n of that of single answers; a resample of the n queries has it once more.
    """
    noise = (hits - hits.mean(axis=0)).var(axis=1, ddof=1).sum() / (len(hits) - 1) / hits.shape[1]
    times = np.where(np.arange(len(accuracy)) == 0, 1, 2)
    return np.asarray(np.sqrt(np.maximum(accuracy.var(axis=1, ddof=1) - times * noise, 0)))


def _over_queries(
    hits: Bool[np.ndarray, "order query"], task: str
) -> Float[np.ndarray, "resample order"]:
    return means(hits.T.astype(float), seed=TASKS.index(task))


def _hits(inputs: Inputs) -> dict[tuple[str, str], np.ndarray]:
    """(task, condition) -> which queries are answered rightly [order, query]."""
    return {
        (task, condition): right(arrays[f"{condition}.log_probs"].astype(float), arrays["labels"])
        for task, arrays in by_task(inputs, "measures").items()
        for condition in CONDITIONS
    }
