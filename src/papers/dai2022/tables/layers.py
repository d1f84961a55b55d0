"""Similarity layer by layer, of the updates that the paper compares.

Layers count from 1; ``depth`` goes from 0 at the first layer to 1 at the last.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from papers.dai2022.tables.samples import MEAN, POSITIONS, by_task, mean_of, resampled_all
from papers.dai2022.tables.similarity import MEASURES, names
from reprise.results import Inputs
from reprise.stats.intervals import frame

Curves = dict[tuple[str, ...], np.ndarray]


def layers(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``measure``, ``position``, ``layer``, ``depth``, ``value``, ``low``, ``high``.

    The mean over tasks stands under the task ``mean``.
    """
    by_layer = {
        (*key, layer): curve[:, layer]
        for key, curve in curves(inputs).items()
        for layer in range(curve.shape[1])
    }
    table = frame(by_layer, ["task", "measure", "position", "layer"])
    last = table.groupby("task")["layer"].transform("max").clip(lower=1)
    table.insert(4, "depth", table["layer"] / last)
    return table.assign(layer=table["layer"] + 1)


def curves(
    inputs: Inputs,
    measures: Sequence[str] = MEASURES,
    positions: Sequence[str] = POSITIONS,
) -> Curves:
    """(task, measure, position) -> means over queries [resample, layer]; task ``mean``, too."""
    by_key: Curves = {}
    for task, arrays in by_task(inputs, "measures").items():
        known = names(arrays)
        own: Curves = {
            (task, measure, position): arrays[name]
            for measure, position, name in known
            if measure in measures and position in positions
        }
        by_key |= resampled_all(own, task)
    for key in list(dict.fromkeys(key[1:] for key in by_key)):
        by_key[MEAN, *key] = mean_of(curve for own, curve in by_key.items() if own[1:] == key)
    return by_key
