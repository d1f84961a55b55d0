"""Drops of perplexity over the rate of momentum attention, and gains of few-shot accuracy."""

import numpy as np
import pandas as pd
from scipy import stats

from papers.dai2022.tables.language_models import MOMENTUM, VANILLA
from reprise.results import Inputs
from reprise.stats.resampling import band, means

LEVEL = 0.95


def drops(inputs: Inputs) -> pd.DataFrame:
    """``variant``, ``eta``, ``split``, ``length``, ``drop`` .. ``p`` and ``seeds``.

    From a table of perplexities: mean over seeds of the drop against vanilla (percent), its 95 %
    interval (Student's), and p of a one-sided t-test that the mean is above 0.
    """
    (table,) = inputs.tables.values()
    rows = []
    others = table[(table["variant"] != VANILLA) & table["drop"].notna()]
    keys = ["variant", "eta", "split", "length"]
    for place, own in others.groupby(keys, sort=False, dropna=False):
        values = own["drop"].to_numpy(float)
        rows.append((*place, *student(values), above_zero(values), len(values)))
    return pd.DataFrame(rows, columns=[*keys, "drop", "low", "high", "p", "seeds"])


def gains(inputs: Inputs) -> pd.DataFrame:
    """``task`` (``mean`` last), ``gain``, ``low``, ``high``, ``vanilla``, ``momentum``, ``pairs``.

    From a table of few-shot accuracies, in points: paired by seed and draw of demonstrations, with
    the nine tenths of resamples of the pairs.
    """
    (table,) = inputs.tables.values()
    keys = ["task", "seed", "demonstrations"]
    wide = table.pivot(index=keys, columns="variant", values="accuracy")
    rows = []
    for task, own in [*wide.groupby("task", sort=False), ("mean", wide)]:
        values = (own[MOMENTUM] - own[VANILLA]).to_numpy(float)
        ends = map(float, band(means(values)))
        rows.append((task, *ends, own[VANILLA].mean(), own[MOMENTUM].mean(), len(values)))
    columns = ["task", "gain", "low", "high", VANILLA, MOMENTUM, "pairs"]
    return pd.DataFrame(rows, columns=columns)


def student(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and Student's 95 % interval; one value has none."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, np.nan, np.nan
    reach = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * stats.sem(values)
    return mean, mean - float(reach), mean + float(reach)


def above_zero(values: np.ndarray) -> float:
    """One-sided p of a t-test; NaN of one value or of equal ones."""
    if len(values) < 2 or np.ptp(values) == 0:
        return float("nan")
    return float(stats.ttest_1samp(values, 0.0, alternative="greater").pvalue)
