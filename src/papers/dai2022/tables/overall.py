"""What claims are judged by beside means over tasks: the least task, pooled counts, gates."""

from typing import Any

import numpy as np
import pandas as pd

from papers.dai2022.analysis.label_answers import recall_terms
from papers.dai2022.tables.accuracy import accuracies, differences
from papers.dai2022.tables.answers import RAW
from papers.dai2022.tables.recovery import conditions
from papers.dai2022.tables.samples import LABEL0, least_of, mean_of, resampled
from papers.dai2022.tables.similarity import values
from reprise.results import Inputs
from reprise.stats.intervals import summary_frame


def overall(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``quantity``, ``value``, ``low``, ``high``: over queries and orders.

    Gains over tasks, in points: ``icl_zsl``, ``ft_zsl``. The least over tasks: ``simaou``,
    ``kendall``. Recovery, pooled over tasks: ``rec2ftp`` (%), ``above_base`` and ``above_second``
    (see ``recovered``), ``corrected`` (a count of queries times orders).
    """
    gains = differences(accuracies(inputs))
    similarity = values(inputs)
    return summary_frame(
        {
            "gains": {
                gain: mean_of(own for key, own in gains.items() if key[1:] == (gain, RAW))
                for gain in ("icl_zsl", "ft_zsl")
            },
            "least": {
                name: least_of(own for key, own in similarity.items() if key[1:] == (name, LABEL0))
                for name in ("simaou", "kendall")
            },
            "recovery": recovered(inputs),
        }
    )


def recovered(inputs: Inputs) -> dict[str, Any]:
    """Shares of all that finetuning corrects, whatever the task.

    A task of which finetuning corrects three queries has no share of its own worth a mean. In
    percent of what finetuning corrects: ``rec2ftp`` is right in context; ``above_base`` is that
    minus what would be if those queries were like all that are wrong without demonstrations, task
    by task; ``above_second`` is that minus what is right after demonstrations of another seed.
    """
    total: dict[str, Any] = {"corrected": 0.0, "known": 0.0, "own": 0.0, "base": 0.0, "second": 0.0}
    for (task, scoring), hits in conditions(inputs).items():
        if scoring != RAW:
            continue
        zsl, ft = hits["zsl"], hits["ft"]
        total["corrected"] += float((~zsl & ft).sum())
        means = resampled(recall_terms(zsl, ft, hits["icl"]), task) * zsl.size
        with np.errstate(invalid="ignore", divide="ignore"):
            base = np.nan_to_num(means[:, 3] / means[:, 2])
        total["known"] = total["known"] + means[:, 0]
        total["own"] = total["own"] + means[:, 1]
        total["base"] = total["base"] + means[:, 0] * base
        second = recall_terms(zsl, ft, hits["icl_second"])
        total["second"] = total["second"] + resampled(second, task)[:, 1] * zsl.size
    with np.errstate(invalid="ignore", divide="ignore"):
        own, base, second = (
            100 * total[name] / total["known"] for name in ("own", "base", "second")
        )
    return {
        "corrected": total["corrected"],
        "rec2ftp": own,
        "above_base": own - base,
        "above_second": own - second,
    }
