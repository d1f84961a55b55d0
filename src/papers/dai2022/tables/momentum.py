"""Tables 6 and 7: language models with and without momentum attention, and what claims need.

Perplexities have the columns ``variant``, ``seed``, ``length`` and ``perplexity``, with ``split``
(train or valid) where training losses are among them; accuracies in few-shot tasks ``variant``,
``task``, ``accuracy`` and whatever else tells trials apart (``seed``, ``demonstrations``). Variants
are ``vanilla``, ``momentum`` (the rate that was chosen on other text) and controls. Intervals of
perplexities are Student's over seeds; those of accuracies are over trials, resampled.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from papers.dai2022.tables.samples import MEAN
from reprise.results import Inputs
from reprise.stats.resampling import interval, means, summary_frame

VANILLA, MOMENTUM = "vanilla", "momentum"
PLACES = ("quarter", "half", "full")
"""Evaluation lengths, as shares of the training length, from short to long."""
PAPER_LENGTHS = {"256": "quarter", "512": "half", "1024": "full"}

CELLS = ["row", "column", "value", "low", "high", "paper_small", "paper_large"]


def perplexities(inputs: Inputs) -> pd.DataFrame:
    """Cells of Table 6: a row per variant and ``drop`` (%), columns train, quarter, half, full.

    Published numbers are of one model of 350 million parameters and stand in ``paper_small``.
    """
    table = placed(*inputs.tables.values())
    known = _published(inputs)
    rows: list[tuple[Any, ...]] = []
    for (variant, column), own in table.groupby(["variant", "column"], sort=False):
        value = own["perplexity"].to_numpy(float)
        rows.append((variant, column, *student(value), known.get((variant, column), np.nan)))
    for column, drop in drops(table).items():
        paper = [known.get((name, column), np.nan) for name in (VANILLA, MOMENTUM)]
        rows.append(("drop", column, *student(drop), 100 * (1 - paper[1] / paper[0])))
    return pd.DataFrame([(*row, np.nan) for row in rows], columns=CELLS)


def few_shot(inputs: Inputs) -> pd.DataFrame:
    """Cells of Table 7: a row per variant and ``gain`` (points), columns tasks and their mean."""
    (table,) = inputs.tables.values()
    wide = _trials(table)
    known = {
        (row.variant, row.task): float(row.value)
        for frame in inputs.reference.values()
        for row in frame.itertuples()
    }
    columns = {str(task): own for task, own in wide.groupby("task", sort=False)} | {MEAN: wide}
    rows: list[tuple[Any, ...]] = []
    both = {VANILLA, MOMENTUM} <= set(wide.columns)
    for row in [*wide.columns, *(["gain"] if both else [])]:
        for task, own in columns.items():
            values = own[MOMENTUM] - own[VANILLA] if row == "gain" else own[row]
            pair = [known.get((name, task), np.nan) for name in (VANILLA, MOMENTUM)]
            paper = pair[1] - pair[0] if row == "gain" else known.get((row, task), np.nan)
            rows.append((row, task, *interval(means(values.to_numpy(float))), paper, np.nan))
    return pd.DataFrame(rows, columns=CELLS)


def momentum_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (momentum), ``quantity``, ``value``, ``low``, ``high``.

    Over the three evaluation lengths: ``largest_ratio`` of mean perplexities, momentum over
    vanilla; ``largest_p`` of one-sided paired t-tests on their logarithms; ``least_drop`` (%).
    ``few_shot_gain``: mean accuracy with momentum minus without, in points; ``few_shot_tasks``: how
    many have more than 0. Takes tables with ``perplexity`` and with ``accuracy``.
    """
    numbers: dict[str, Any] = {}
    for table in inputs.tables.values():
        if "perplexity" in table:
            numbers |= of_perplexities(placed(table))
        if "accuracy" in table:
            wide = _trials(table)
            if not {VANILLA, MOMENTUM} <= set(wide.columns):
                continue
            gain = wide[MOMENTUM] - wide[VANILLA]
            numbers["few_shot_gain"] = means(gain.to_numpy(float))
            numbers["few_shot_tasks"] = float((gain.groupby("task").mean() > 0).sum())
    return summary_frame({"momentum": numbers})


def of_perplexities(table: pd.DataFrame) -> dict[str, float]:
    """``largest_ratio``, ``largest_p`` and ``least_drop``; see ``momentum_summary``."""
    ratios, p_values, least = [], [], []
    for column, wide in _pairs(table):
        if column in PLACES:
            mean = wide.mean()
            ratios.append(float(mean[MOMENTUM] / mean[VANILLA]))
            least.append(100 * (1 - ratios[-1]))
            p_values.append(_one_sided(np.log(wide[MOMENTUM]), np.log(wide[VANILLA])))
    if not ratios:
        return {}
    return {
        "largest_ratio": max(ratios),
        "largest_p": float(np.max(p_values)),
        "least_drop": min(least),
    }


def placed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with ``column``: train, or the place of the length among those evaluated on."""
    split = table["split"] if "split" in table else pd.Series("valid", index=table.index)
    lengths = sorted(table.loc[split == "valid", "length"].unique())
    names = dict(zip(lengths, PLACES[-len(lengths) :], strict=False))
    column = table["length"].map(names).where(split == "valid", "train")
    return table.assign(column=column)


def drops(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Column -> by how many percent momentum lowers perplexity, seed by seed."""
    return {
        column: 100 * (1 - wide[MOMENTUM] / wide[VANILLA]).to_numpy(float)
        for column, wide in _pairs(table)
    }


def student(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and 95 % interval of a few values; one value has none."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, np.nan, np.nan
    reach = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return mean, mean - float(reach), mean + float(reach)


def _one_sided(lower: pd.Series, higher: pd.Series) -> float:
    difference = (lower - higher).to_numpy(float)
    if len(difference) < 2:
        return float("nan")
    if np.ptp(difference) == 0:
        return float(difference[0] >= 0)
    return float(stats.ttest_1samp(difference, 0.0, alternative="less").pvalue)


def _pairs(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Columns and their perplexities by seed, one column per variant; whole pairs only."""
    for column, own in table.groupby("column", sort=False):
        wide = own.pivot(index="seed", columns="variant", values="perplexity")
        if {VANILLA, MOMENTUM} <= set(wide.columns):
            yield str(column), wide.dropna(subset=[VANILLA, MOMENTUM])


def _trials(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracies in percent, a row per trial (its task in the index), a column per variant."""
    keys = [name for name in table.columns if name not in {"variant", "accuracy"}]
    wide = table.pivot(index=keys, columns="variant", values="accuracy").sort_index(axis=0)
    order = [name for name in dict.fromkeys(table["variant"]) if name in wide.columns]
    return wide[order]


def _published(inputs: Inputs) -> dict[tuple[str, str], float]:
    return {
        (
            row.variant,
            "train" if row.split == "train" else PAPER_LENGTHS[str(row.length)],
        ): float(row.value)
        for frame in inputs.reference.values()
        for row in frame.itertuples()
    }
