"""What the claims on accuracy and on Rec2FTP are judged by (Tables 1 and 2)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from papers.dai2022.tables.accuracy import GAINS, accuracies, differences
from papers.dai2022.tables.answers import RAW, SCORINGS
from papers.dai2022.tables.recovery import conditions, shares
from papers.dai2022.tables.samples import mean_of
from reprise.results import Inputs
from reprise.stats.resampling import summary_frame

COUNTED = 30
"""So many queries have to be corrected by finetuning before their share in context says much."""
ROUNDING = 1e-9
"""Differences of equal percentages are less than this."""


def answers_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (a task, gains, gains <scoring>, recovery), ``quantity``, ``value`` .. ``high``.

    Gains, in points: ``icl_zsl``, ``ft_zsl``, ``icl_ft`` and, over tasks, how many have more than
    0: ``tasks_<gain>``; of a task ``least_gain``, the smaller one of both over no demonstrations.
    Recovery, in percent: ``rec2ftp``, ``above_base`` and, over the tasks where finetuning corrects
    ``COUNTED`` queries or more, ``rec2ftp_counted``, ``above_base_counted``; ``corrected`` (over
    tasks the least) and ``counted_tasks`` are counts.
    """
    quantities: dict[str, dict[str, Any]] = {}
    gains = differences(accuracies(inputs))
    for scoring in SCORINGS:
        source = "gains" if scoring == RAW else f"gains {scoring}"
        quantities[source] = {}
        for gain in GAINS:
            tasks = [v for key, v in gains.items() if key[1:] == (gain, scoring)]
            if tasks:
                quantities[source][gain] = mean_of(tasks)
                above = [values[0] > ROUNDING for values in tasks]
                quantities[source][f"tasks_{gain}"] = float(sum(above))
    recovered = of_tasks(inputs)
    quantities["recovery"] = over_tasks(recovered)
    for task in dict.fromkeys(task for task, *_ in gains):
        own = {gain: gains[task, gain, RAW] for gain in GAINS}
        least = float(min(own["icl_zsl"][0], own["ft_zsl"][0]))
        quantities[task] = {**own, "least_gain": least, **recovered[task]}
    return summary_frame(quantities)


def over_tasks(tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The quantities of the source ``recovery``; see ``answers_summary``."""
    counted = {t: own for t, own in tasks.items() if own["corrected"] >= COUNTED}
    quantities: dict[str, Any] = {
        "corrected": min(own["corrected"] for own in tasks.values()),
        "counted_tasks": float(len(counted)),
    }
    for name in ("rec2ftp", "above_base"):
        quantities[name] = mean_of(own[name] for own in tasks.values())
        if counted:
            quantities[f"{name}_counted"] = mean_of(own[name] for own in counted.values())
    return quantities


def of_tasks(inputs: Inputs) -> dict[str, dict[str, Any]]:
    """Task -> ``corrected``, ``rec2ftp`` and ``above_base`` of raw answers."""
    by_task, every = {}, shares(inputs)
    for (task, scoring), hits in conditions(inputs).items():
        if scoring == RAW:
            corrected = float(np.sum(~hits["zsl"] & hits["ft"]))
            own = {name: every[task, RAW, name] for name in ("rec2ftp", "above_base")}
            by_task[task] = {"corrected": corrected, **own}
    return by_task
