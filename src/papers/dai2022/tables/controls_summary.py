"""What the claims on controls are judged by."""

from typing import Any

import pandas as pd

from papers.dai2022.tables.controls import COMPARISONS, Values, differences, values
from papers.dai2022.tables.orders import deviations
from papers.dai2022.tables.samples import LABEL0, mean_of
from reprise.results import Inputs
from reprise.stats.resampling import summary_frame

MEASURES = ("simaou", "simaou_raw", "simam_delta", "kendall")


def controls_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (a comparison, orders), ``quantity``, ``value``, ``low``, ``high``.

    Of every measure at the published position, over the tasks that have the comparison:
    ``<measure>`` (mean), ``<measure>_below``: how much less than the paper's own comparison on the
    same queries, ``<measure>_share``: over it, ``<measure>_tasks_above``: in how many tasks it is
    more. ``simaou_by_length``: SimAOU minus the same without scaling outputs to length 1. Orders:
    mean deviations of accuracy over orders ``icl``, ``ft``, ``difference``.
    """
    every, below = values(inputs), differences(inputs)
    by_source: dict[str, dict[str, Any]] = {}
    for comparison in COMPARISONS:
        own: dict[str, Any] = {}
        for measure in MEASURES:
            own |= quantities(every, below, comparison, measure)
        if "simaou" in own and "simaou_raw" in own:
            own["simaou_by_length"] = own["simaou"] - own["simaou_raw"]
        by_source[comparison] = own
    parts: dict[str, list[Any]] = {}
    for (_, condition), numbers in deviations(inputs).items():
        parts.setdefault(condition, []).append(numbers)
    by_source["orders"] = {condition: mean_of(each) for condition, each in parts.items()}
    return summary_frame(by_source)


def quantities(every: Values, below: Values, comparison: str, measure: str) -> dict[str, Any]:
    """Of one measure of one comparison; see ``controls_summary``."""
    keys = [key for key in every if key[1:] == (comparison, measure, LABEL0)]
    paired = [key for key in keys if key in below]
    if not keys:
        return {}
    numbers: dict[str, Any] = {measure: mean_of(every[key] for key in keys)}
    if paired:
        less = mean_of(below[key] for key in paired)
        own = mean_of(every[key] for key in paired)
        numbers[f"{measure}_below"] = less
        # Main on the same queries is what the comparison has, and what it has less.
        numbers[f"{measure}_share"] = own / (own + less)
        numbers[f"{measure}_tasks_above"] = float(sum(below[key][0] < 0 for key in paired))
    return numbers
