"""What finetuning corrects and in-context learning corrects, too: Rec2FTP (Table 2)."""

import numpy as np
import pandas as pd

from papers.dai2022.analysis.label_answers import recall_terms, recalls
from papers.dai2022.tables.answers import scorings
from papers.dai2022.tables.samples import by_task, resampled_all, with_mean
from reprise.results import Inputs
from reprise.stats.intervals import frame

NAMES = ["task", "scoring", "quantity"]


def recovery(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``scoring``, ``quantity``, ``value``, ``low``, ``high``.

    Quantities, in percent but for counts, which are of queries times orders: see ``shares``;
    ``corrected``: what finetuning corrects; ``recovered``: of that, what in-context learning
    answers rightly; ``wrong``: what is answered wrongly without demonstrations. Means over tasks
    are of percentages only.
    """
    counts = {
        (task, scoring, quantity): np.asarray(hits.sum(), float)
        for (task, scoring), own in conditions(inputs).items()
        for quantity, hits in _sets(own).items()
    }
    return frame(with_mean(shares(inputs)) | counts, NAMES)


def shares(inputs: Inputs) -> dict[tuple[str, ...], np.ndarray]:
    """(task, scoring, quantity) -> percentages [resample].

    ``rec2ftp``: in-context learning is right among what finetuning corrects. ``base_recall``: it
    is right among all that is wrong without demonstrations. ``above_base``: their difference.
    ``second_rec2ftp``: Rec2FTP of demonstrations of another seed. ``second_covered``: in-context
    learning is right among what those demonstrations correct, which takes the place of finetuning.
    """
    terms: dict[str, dict[tuple[str, ...], np.ndarray]] = {}
    for (task, scoring), own in conditions(inputs).items():
        zsl, ft, icl = own["zsl"], own["ft"], own["icl"]
        each = terms.setdefault(task, {})
        each[task, scoring, "rec2ftp"] = recall_terms(zsl, ft, icl)
        if "icl_second" in own:
            each[task, scoring, "second_rec2ftp"] = recall_terms(zsl, ft, own["icl_second"])
            each[task, scoring, "second_covered"] = recall_terms(zsl, own["icl_second"], icl)
    percentages: dict[tuple[str, ...], np.ndarray] = {}
    for task, each in terms.items():
        for key, counts in resampled_all(each, task).items():
            recovered, base = np.moveaxis(recalls(counts), -1, 0)
            percentages[key] = recovered
            if key[-1] == "rec2ftp":
                percentages[*key[:-1], "base_recall"] = base
                percentages[*key[:-1], "above_base"] = recovered - base
    return percentages


def conditions(inputs: Inputs) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """(task, scoring) -> condition -> which queries are answered rightly [order, query]."""
    by_scoring: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for task, arrays in by_task(inputs, "measures").items():
        for condition in ("zsl", "ft", "icl", "icl_second"):
            if f"{condition}.log_probs" in arrays:
                for scoring, hits in scorings(arrays, condition):
                    by_scoring.setdefault((task, scoring), {})[condition] = hits
    needed = {"zsl", "ft", "icl"}
    return {
        key: dict(zip(own, np.broadcast_arrays(*own.values()), strict=True))
        for key, own in by_scoring.items()
        if needed <= set(own)
    }


def _sets(own: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    corrected = ~own["zsl"] & own["ft"]
    return {"corrected": corrected, "recovered": corrected & own["icl"], "wrong": ~own["zsl"]}
