"""The controls layer by layer, each beside the paper's own comparison on the same queries."""

import numpy as np
import pandas as pd

from papers.dai2022.tables.controls import COMPARISONS
from papers.dai2022.tables.samples import LABEL0, controls_by_task, resampled_all, with_mean
from papers.dai2022.tables.similarity import names
from reprise.results import Inputs
from reprise.stats.intervals import band

MEASURES = ("simaou", "simaou_raw", "simam_delta", "kendall")
"""The measures of the figure ``layers``."""
DECIMALS = 4
VALUES = ["value", "low", "high", "main", "main_low", "main_high"]
COLUMNS = ["task", "comparison", "measure", "layer", *VALUES]

Curves = dict[tuple[str, ...], np.ndarray]


def control_layers(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``comparison``, ``measure``, ``layer`` (from 1), ``value``, ``low``, ``high``.

    And ``main``, ``main_low``, ``main_high``: the same of the paper's own comparison, on the same
    tasks and queries. All at the published position. Means over tasks are over those that have the
    control.
    """
    controls: Curves = {}
    mains: Curves = {}
    for task, arrays in controls_by_task(inputs).items():
        found = {
            (task, comparison, measure): name
            for comparison in COMPARISONS[1:]
            for measure, position, name in names(arrays, comparison)
            if measure in MEASURES and position == LABEL0
        }
        own: Curves = {key: arrays[name] for key, name in found.items()}
        main: Curves = {key: arrays[f"main.{key[2]}.{LABEL0}"] for key in found}
        controls |= resampled_all(own, task)
        mains |= resampled_all(main, task)
    mains = with_mean(mains)
    parts = [_rows(key, curve, mains[key]) for key, curve in with_mean(controls).items()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _rows(key: tuple[str, ...], curve: np.ndarray, main: np.ndarray) -> pd.DataFrame:
    """A row per layer of two curves [resample, layer]."""
    layer = np.arange(1, curve.shape[1] + 1)
    values = [each.round(DECIMALS) for each in (*band(curve), *band(main))]
    return pd.DataFrame(dict(zip(COLUMNS, (*key, layer, *values), strict=True)))
