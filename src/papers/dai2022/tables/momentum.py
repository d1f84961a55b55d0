"""Tables 6 and 7: language models with and without momentum attention, and what claims need.

Perplexities have the columns ``variant``, ``seed``, ``length`` and ``perplexity``, with ``split``
(train or valid) where training losses are among them; accuracies in few-shot tasks ``variant``,
``task``, ``accuracy`` and whatever else tells trials apart (``seed``, ``demonstrations``). Variants
are ``vanilla``, ``momentum`` (the rate that was chosen on other text) and controls. Intervals of
perplexities are over seeds, those of accuracies over seeds and draws of demonstrations, crossed.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from papers.dai2022.tables.samples import MEAN
from reprise.results import Inputs
from reprise.stats.intervals import crossed_means, interval, networks_interval

VANILLA, MOMENTUM = "vanilla", "momentum"
PLACES = ("quarter", "half", "full")
"""Evaluation lengths, as shares of the training length, from short to long."""
PAPER_LENGTHS = {"256": "quarter", "512": "half", "1024": "full"}

TRIALS = ["seed", "demonstrations", "task"]
"""What tells trials of few-shot accuracy apart."""
RECENCY = ("alibi", "convolution")
"""Controls that prefer recent tokens without momentum."""

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
        rows.append((variant, column, *over_seeds(value), known.get((variant, column), np.nan)))
    for column, drop in drops(table).items():
        paper = [known.get((name, column), np.nan) for name in (VANILLA, MOMENTUM)]
        rows.append(("drop", column, *over_seeds(drop), 100 * (1 - paper[1] / paper[0])))
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
            values = (own[MOMENTUM] - own[VANILLA] if row == "gain" else own[row]).dropna()
            pair = [known.get((name, task), np.nan) for name in (VANILLA, MOMENTUM)]
            paper = pair[1] - pair[0] if row == "gain" else known.get((row, task), np.nan)
            rows.append((row, task, *interval(crossed(values)), paper, np.nan))
    return pd.DataFrame(rows, columns=CELLS)


def momentum_seeds(inputs: Inputs) -> pd.DataFrame:
    """``seed``, ``quantity``, ``value``, ``low``, ``high``: one row per trained seed.

    In percent of perplexity, over the three evaluation lengths: ``drop``, the least by which
    momentum lowers it; ``rotary_drop``, the same with rotary positions; ``over_matched``, the mean
    drop minus that of momentum with weights that sum to 1; ``over_recency``, minus the larger one
    of the other preferences for recent tokens; ``context`` and ``rotary_context``, by how much more
    tokens lower it without momentum. ``few_shot_gain``, in points: mean accuracy with momentum
    minus without, its interval over draws of demonstrations. Takes the tables of chosen
    perplexities and of few-shot accuracies.
    """
    table = placed(inputs.tables["language_chosen"])
    rows = [
        (seed, name, value, np.nan, np.nan)
        for seed, own in table[table["column"] != "train"].groupby("seed")
        for name, value in of_seed(own).items()
    ]
    gains = _gains(inputs.tables["language_few_shot"])
    for seed, own in gains.groupby("seed"):
        rows.append((seed, "few_shot_gain", *interval(crossed(own))))
    return pd.DataFrame(rows, columns=["seed", "quantity", "value", "low", "high"])


def of_seed(table: pd.DataFrame) -> dict[str, float]:
    """The perplexities' quantities of one seed; see ``momentum_seeds``."""
    wide = table.pivot(index="column", columns="variant", values="perplexity")
    if not {VANILLA, MOMENTUM} <= set(wide):
        return {}
    drop = 100 * (1 - wide.div(wide[VANILLA], axis=0))
    numbers = {"drop": drop[MOMENTUM].min()}
    lengths = [place for place in PLACES if place in wide.index]
    gain = 100 * (1 - wide.loc[lengths[-1]] / wide.loc[lengths[0]])
    numbers["context"] = gain[VANILLA]
    if {"rotary", "rotary_momentum"} <= set(wide):
        numbers["rotary_context"] = gain["rotary"]
        numbers["rotary_drop"] = (100 * (1 - wide["rotary_momentum"] / wide["rotary"])).min()
    if "matched" in wide:
        numbers["over_matched"] = (drop[MOMENTUM] - drop["matched"]).mean()
    if known := [name for name in RECENCY if name in wide]:
        numbers["over_recency"] = drop[MOMENTUM].mean() - drop[known].mean().max()
    return {name: float(value) for name, value in numbers.items()}


def momentum_tasks(inputs: Inputs) -> pd.DataFrame:
    """What momentum adds to few-shot accuracy, task by task.

    ``task``, ``value`` (points, mean over seeds and draws), ``above`` (whether that is above 0),
    ``networks`` (how many seeds).
    """
    trials = _gains(inputs.tables["language_few_shot"])
    gains = trials.groupby("task", sort=False).mean()
    return pd.DataFrame(
        {
            "task": gains.index,
            "value": gains.to_numpy(),
            "above": gains.gt(0).to_numpy(),
            "networks": trials.index.get_level_values("seed").nunique(),
        }
    )


def _gains(table: pd.DataFrame) -> pd.Series:
    """What momentum adds, trial by trial; nothing where one of both has failed."""
    wide = _trials(table).reindex(columns=[VANILLA, MOMENTUM])
    return (wide[MOMENTUM] - wide[VANILLA]).dropna()


def crossed(trials: pd.Series) -> np.ndarray:
    """Resampled means of trials by task, seed and demonstrations, of which the last two are drawn.

    Tasks are those of the table and stay as they are.
    """
    sizes = [trials.index.get_level_values(name).nunique() for name in TRIALS]
    values = trials.reorder_levels(TRIALS).sort_index().to_numpy(float).reshape(sizes)
    return np.asarray(crossed_means(values, factors=2).mean(axis=-1))


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


def over_seeds(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and 95 % interval over seeds; fewer than three have none."""
    return float(values.mean()), *networks_interval(values)


def _pairs(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Columns and their perplexities by seed, one column per variant; whole pairs only."""
    for column, own in table.groupby("column", sort=False):
        wide = own.pivot(index="seed", columns="variant", values="perplexity")
        if {VANILLA, MOMENTUM} <= set(wide.columns):
            yield str(column), wide.dropna(subset=[VANILLA, MOMENTUM])


def _trials(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracies in percent, a row per trial (its task in the index), a column per variant."""
    wide = table.pivot(index=TRIALS, columns="variant", values="accuracy").sort_index(axis=0)
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
