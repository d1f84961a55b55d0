"""What claims about several tasks are judged by: one number per task and quantity.

Every task has its own demonstrations, and with them its own finetuned networks; so tasks are what
the claims' intervals are over.
"""

import numpy as np
import pandas as pd

from papers.dai2022.tables import controls, layers, similarity
from papers.dai2022.tables.accuracy import accuracies, differences
from papers.dai2022.tables.orders import deviations
from papers.dai2022.tables.samples import LABEL0, MEAN, PROMPT_END, by_task
from papers.dai2022.tables.search import over_rates
from reprise.results import Inputs

SHARES = {
    ("untrained", "simaou"): 0.4,
    ("untrained", "simaou_raw"): 0.5,
    ("untrained", "simam_delta"): 0.23,
}
"""(comparison, measure) -> the share of the paper's own similarity that critics' controls are held
against: half of what an independent re-run has; without normalising half, since their ranges of
both networks overlap."""

Quantities = dict[tuple[str, str], float]


def task_values(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``quantity``, ``value``.

    In points of accuracy: ``icl_zsl``, ``ft_zsl``, ``icl_ft`` and, calibrated on prompts without
    content, the same with ``_calibrated``; ``order_icl_ft``: deviation over orders in context minus
    the same after finetuning. Similarity: ``simaou``, ``simam_gain`` (after minus before
    finetuning), ``kendall``, and the first and last ``_prompt_end``; ``kendall_over_position``:
    tau minus that of the tokens' places; ``kendall_learning``: how far it is from tau at a learning
    rate of 0; ``middle_over_first`` and ``_last``: SimAM of changes in the thirds of the layers.
    ``<measure>_least_rate``: the least over all stable rates. ``<measure>_over_<control>``: of the
    paper's own comparison minus that of a control, on the same queries;
    ``<measure>_<control>_over_share``: of a control minus ``SHARES`` of the paper's own comparison.
    """
    values = _answers(inputs) | _similarities(inputs) | _rates(inputs) | _controls(inputs)
    rows = [(task, name, value) for (task, name), value in values.items()]
    return pd.DataFrame(rows, columns=["task", "quantity", "value"])


def _answers(inputs: Inputs) -> Quantities:
    names = {"raw": "", "content_free": "_calibrated"}
    values = {
        (task, f"{gain}{names[scoring]}"): float(own[0])
        for (task, gain, scoring), own in differences(accuracies(inputs)).items()
        if scoring in names
    }
    return values | {
        (task, "order_icl_ft"): float(own[0])
        for (task, condition), own in deviations(inputs).items()
        if condition == "difference"
    }


def _similarities(inputs: Inputs) -> Quantities:
    values: Quantities = {}
    known = {key: float(own[0]) for key, own in similarity.values(inputs).items()}
    for task in dict.fromkeys(task for task, *_ in known):
        own = {key[1:]: value for key, value in known.items() if key[0] == task}
        here = {measure: value for (measure, place), value in own.items() if place == LABEL0}
        numbers = {
            "simaou": here["simaou"],
            "simaou_prompt_end": own["simaou", PROMPT_END],
            "simam_gain": here["simam_after"] - here["simam_before"],
            "kendall": here["kendall"],
            "kendall_prompt_end": own["kendall", PROMPT_END],
            "kendall_over_position": here["kendall"] - here["kendall_position"],
            "kendall_learning": abs(here["kendall"] - here["kendall_rate0"]),
        }
        values |= {(task, name): value for name, value in numbers.items()}
    for (task, *_), curve in layers.curves(inputs, ("simam_delta",), (LABEL0,)).items():
        parts = np.array_split(curve[0], 3)
        if task != MEAN and curve.shape[1] >= 3:
            first, middle, last = (float(part.mean()) for part in parts)
            values[task, "middle_over_first"] = middle - first
            values[task, "middle_over_last"] = middle - last
    return values


def _rates(inputs: Inputs) -> Quantities:
    values: Quantities = {}
    for task, arrays in by_task(inputs, "measures").items():
        stable = arrays["selection.stable"]
        curves = over_rates(arrays)
        for name in ("simaou", "simam_gain"):
            curve = curves[name].mean(axis=(0, 1))
            values[task, f"{name}_least_rate"] = float(curve[stable].min(initial=np.inf))
    return {key: value for key, value in values.items() if np.isfinite(value)}


def _controls(inputs: Inputs) -> Quantities:
    found = controls.values(inputs)
    here = {key[:3]: float(own[0]) for key, own in found.items() if key[3] == LABEL0}
    values: Quantities = {}
    for (task, comparison, measure), value in here.items():
        if comparison == "main":
            continue
        main = here[task, "main", measure]
        values[task, f"{measure}_over_{comparison}"] = main - value
        share = SHARES.get((comparison, measure))
        if share is not None:
            values[task, f"{measure}_{comparison}_over_share"] = value - share * main
    return values
