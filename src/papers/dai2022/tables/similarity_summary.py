"""What the claims on similarity are judged by (Tables 3 to 5, and layer by layer)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from papers.dai2022.tables import layers
from papers.dai2022.tables.samples import LABEL0, MEAN, POSITIONS, least_of, mean_of
from papers.dai2022.tables.similarity import (
    NULLS,
    Values,
    null_errors,
    of_measure,
    values,
)
from reprise.results import Inputs
from reprise.stats.resampling import interval, summary_frame

OF_LAYERS = ("simaou", "simam_delta")
"""Measures that are compared between thirds of the layers."""

Tasks = dict[str, np.ndarray]
"""Task -> values [resample]."""


def similarity_summary(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``quantity``, ``value``, ``low``, ``high``.

    Sources: a task (at the published position), or a position (over tasks). Of ``simaou`` and
    ``kendall``: the value (over tasks the mean), ``<measure>_least`` over tasks,
    ``<measure>_null_errors``: how far above random numbers, in their standard errors (over tasks
    the least). ``simam_gain``: after minus before finetuning; ``simam_tasks``: tasks whose gain is
    above 0 with its interval. ``simaou_by_length``: SimAOU minus the same without scaling outputs
    to length 1. ``kendall_rate0_share``: tau of finetuning with a rate of 0 over tau.
    ``<measure>_middle_over_first`` and ``_last``: mean of the middle third of layers minus that of
    another third.
    """
    every, curves = values(inputs), layers.curves(inputs, OF_LAYERS)
    by_source: dict[str, dict[str, Any]] = {}
    for position in POSITIONS:
        parts = measured(inputs, every, position)
        by_source[position] = {name: mean_of(own.values()) for name, own in parts.items()}
        for name in NULLS:
            if name in parts:
                by_source[position][f"{name}_least"] = least_of(parts[name].values())
            if f"{name}_null_errors" in parts:
                errors = parts[f"{name}_null_errors"].values()
                by_source[position][f"{name}_null_errors"] = least_of(errors)
        by_source[position] |= derived(parts) | of_layers(curves, position)
        if position == LABEL0:
            for name, own in parts.items():
                for task, numbers in own.items():
                    by_source.setdefault(task, {})[name] = numbers
    return summary_frame(by_source)


def measured(inputs: Inputs, every: Values, position: str) -> dict[str, Tasks]:
    """Quantity -> task -> values, of what is defined for every task; see ``similarity_summary``."""
    numbers = {name: of_measure(every, name, position) for name in ("simaou", "kendall")}
    numbers |= {f"{name}_null_errors": null_errors(inputs, name, position) for name in NULLS}
    for name, (upper, lower) in {
        "simam_gain": ("simam_after", "simam_before"),
        "simaou_by_length": ("simaou", "simaou_raw"),
    }.items():
        high, low = (of_measure(every, m, position) for m in (upper, lower))
        numbers[name] = {task: high[task] - low[task] for task in high if task in low}
    numbers["kendall_rate0"] = of_measure(every, "kendall_rate0", position)
    return {name: own for name, own in numbers.items() if own}


def derived(parts: Mapping[str, Tasks]) -> dict[str, Any]:
    """``simam_tasks`` and ``kendall_rate0_share``."""
    numbers: dict[str, Any] = {}
    if "simam_gain" in parts:
        lows = [interval(own)[1] for own in parts["simam_gain"].values()]
        numbers["simam_tasks"] = float(sum(low > 0 for low in lows))
    if "kendall_rate0" in parts:
        own, zero = (mean_of(parts[name].values()) for name in ("kendall", "kendall_rate0"))
        numbers["kendall_rate0_share"] = zero / own
    return numbers


def of_layers(curves: layers.Curves, position: str) -> dict[str, np.ndarray]:
    """Differences between thirds of the layers, of means over tasks."""
    numbers = {}
    for measure in OF_LAYERS:
        curve = curves.get((MEAN, measure, position))
        if curve is not None and curve.shape[1] >= len(layers.THIRDS):
            first, middle, last = layers.in_thirds(curve)
            numbers[f"{measure}_middle_over_first"] = middle - first
            numbers[f"{measure}_middle_over_last"] = middle - last
    return numbers
