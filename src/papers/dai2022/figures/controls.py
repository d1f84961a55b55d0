"""Every control beside the paper's own comparison."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    CONTROL,
    FT,
    LABEL0,
    MEAN,
    PAPER,
    Look,
    across,
    legend_above,
    published,
    say_materials,
)
from reprise.plotting import theme

COMPARISONS = {
    "main": "ICL and FT",
    "layer_causal": "FT layer by layer (LCGD)",
    "shuffled_ft": "FT with shuffled labels",
    "shuffled_icl": "ICL with shuffled labels",
    "cross_task": "ICL of another task",
    "unrelated": "ICL after unrelated text",
    "random_update": "random update of K and V",
    "ascent": "gradient ascent",
    "untrained": "untrained layers",
    "untrained_norms": "untrained layers, embeddings",
}
"""Comparison -> its name, from what should be alike to what should not."""

MAIN = Look("mean over tasks (strokes: tasks)", FT)
SAME = "ICL and FT, on the tasks of the row"
OTHER = Look("mean of a control (hollow: of one task)", CONTROL, "D")

PANELS = {
    "simaou": "SimAOU",
    "simaou_raw": "not normalised",
    "simam_delta": "SimAM of changes",
    "kendall": "Kendall's τ",
}


def controls(tables: Mapping[str, DataFrame]) -> Figure:
    """A row per comparison, a panel per measure: tasks small, their mean with its interval.

    Not every task has every control: beside a control's mean stands the main one of those that do.
    """
    table = tables["controls"]
    table = table[table["position"] == LABEL0]
    shown = [name for name in COMPARISONS if name in set(table["comparison"])]
    known = published(tables, "controls")
    height = 1.3 + 0.27 * len(shown)
    figure, axes = theme.figure("wide", height, ncols=len(PANELS), sharey=True)
    for ax, (measure, title) in zip(axes, PANELS.items(), strict=True):
        _panel(ax, table[table["measure"] == measure], shown)
        _rerun(ax, known[known["measure"] == measure], shown)
        ax.set_title(title, fontsize=7.5)
        ax.axvline(0, color=theme.INK, lw=0.6, zorder=1)
        ax.tick_params(axis="y", length=0)
    each = table[table["task"] != MEAN].groupby("comparison")["task"].nunique()
    names = [f"{COMPARISONS[name]}, n = {each[name]}" for name in shown]
    axes[0].set_yticks(range(len(shown)), names)
    axes[0].set_ylim(len(shown) - 0.5, -0.5)
    legend_above(figure, axes, columns=2)
    say_materials(figure, tables)
    return figure


def _panel(ax: Axes, table: DataFrame, shown: list[str]) -> None:
    for place, name in enumerate(shown):
        rows = table[table["comparison"] == name]
        each, mean = rows[rows["task"] != MEAN], rows[rows["task"] == MEAN]
        look = MAIN if name == "main" else OTHER
        if len(each) > 1:
            ax.plot(
                each["value"],
                np.full(len(each), place),
                ls="none",
                marker="|",
                ms=6,
                mew=0.8,
                alpha=0.5,
                color=look.color,
            )
        if len(mean):
            across(ax, [place], mean, look._replace(hollow=len(each) == 1))
        if name != "main" and len(each):
            _same_tasks(ax, table, place, set(each["task"]))


def _same_tasks(ax: Axes, table: DataFrame, place: int, tasks: set[str]) -> None:
    main = table[(table["comparison"] == "main") & table["task"].isin(tasks)]
    value = float(main["value"].mean())
    ax.plot([value] * 2, [place - 0.35, place + 0.35], color=FT, lw=1.2, label=SAME, zorder=1.5)


def _rerun(ax: Axes, known: DataFrame, shown: list[str]) -> None:
    means = known.groupby("comparison")["value"].mean()
    places = [place for place, name in enumerate(shown) if name in means.index]
    values = [float(means[shown[place]]) for place in places]
    ax.plot(
        values,
        places,
        ls="none",
        marker="o",
        ms=5.5,
        mfc="none",
        mec=PAPER,
        mew=1,
        label="re-run of the released code, 1.3B",
        zorder=2.5,
    )
