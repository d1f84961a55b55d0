"""Measures at every learning rate of finetuning."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import TASKS, legend_above, say_materials, zero
from reprise.plotting import theme

COLORS = theme.CATEGORIES[2:]
"""Of tasks: without those of in-context learning and finetuning."""
PANELS = {
    "accuracy": "accuracy (%)",
    "simaou": "SimAOU",
    "simam_gain": "gain of SimAM",
    "kendall": "Kendall's τ",
}


def rates(tables: Mapping[str, DataFrame]) -> Figure:
    """A panel per measure, a line per task; the chosen rate filled, unstable ones crossed out."""
    table = tables["rate_measures"]
    figure, axes = theme.figure("wide", 4.6, nrows=2, ncols=2, sharex=True)
    for ax, (measure, title) in zip(axes.flat, PANELS.items(), strict=True):
        _panel(ax, table[table["measure"] == measure])
        ax.set_title(title)
        ax.set_xscale("log")
        if measure != "accuracy":
            zero(ax)
    for ax in axes[1]:
        ax.set_xlabel("learning rate")
    legend_above(figure, axes.flat, columns=5)
    say_materials(figure, tables)
    return figure


def _panel(ax: Axes, table: DataFrame) -> None:
    known = [task for task in TASKS if task in set(table["task"])]
    for task, color in zip(known, COLORS, strict=False):
        rows = table[table["task"] == task].sort_values("learning_rate")
        x, y = rows["learning_rate"], rows["value"]
        theme.band(ax, x, rows["low"], rows["high"], color, alpha=0.1)
        ax.plot(x, y, color=color, lw=1.1, label=TASKS[task])
        for places, marker in ((rows["chosen"], "o"), (~rows["stable"], "x")):
            ax.plot(x[places], y[places], ls="none", marker=marker, ms=4.5, color=color)
    for text, marker in (("chosen", "o"), ("unstable: turned by rounding", "x")):
        ax.plot([], [], ls="none", marker=marker, ms=4.5, color=theme.INK, label=text)
