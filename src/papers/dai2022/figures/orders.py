"""How much the order of demonstrations matters."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    FT,
    ICL,
    MEAN,
    Look,
    legend_above,
    say_materials,
    series,
    tasks_axis,
)
from reprise.plotting import theme

LOOKS = {"icl": Look("in context", ICL, "D"), "ft": Look("finetuned", FT)}


def orders(tables: Mapping[str, DataFrame]) -> Figure:
    """Accuracy of every order, and the deviation over orders beyond that of finite samples."""
    figure, axes = theme.figure("wide", 4.4, nrows=2)
    _accuracies(axes[0], tables["order_accuracies"])
    deviations = tables["orders"]
    deviations = deviations[deviations["condition"].isin(LOOKS)]
    each = deviations[deviations["task"] != MEAN]
    several = each["task"].nunique() > 1
    series(axes[1], deviations if several else each, "condition", LOOKS, width=0.4)
    axes[0].set_ylabel("accuracy (%)")
    axes[1].set_ylabel("deviation (points)")
    axes[1].set_ylim(0, None)
    axes[0].set_xlim(axes[1].get_xlim())
    axes[0].set_title("every order")
    axes[1].set_title("deviation over orders, without what few queries add to it")
    legend_above(figure, axes[1:])
    say_materials(figure, tables)
    return figure


def _accuracies(ax: Axes, table: DataFrame) -> None:
    known = tasks_axis(ax, table)
    for shift, (condition, look) in zip((-0.1, 0.1), LOOKS.items(), strict=True):
        rows = table[table["condition"] == condition]
        places = np.array([known.index(task) for task in rows["task"]], float)
        ax.plot(
            places + shift,
            rows["value"],
            ls="none",
            marker=look.marker,
            ms=3.2,
            alpha=0.6,
            color=look.color,
        )
