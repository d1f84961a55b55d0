"""What was searched: learning rates of finetuning, and which one each way chooses."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    FT,
    PAPER,
    TASKS,
    ZSL,
    legend_above,
    published,
    say_materials,
)
from reprise.plotting import theme

SPLITS = {
    "selection": ("queries for choosing", theme.CATEGORIES[3], "-"),
    "evaluation": ("queries that are reported", FT, "-"),
}
WAYS = {
    "selection": ("chosen here", "*", 9.0),
    "paper": ("chosen the paper's way", "o", 8.0),
}
COLUMNS = 3


def search(tables: Mapping[str, DataFrame]) -> Figure:
    """A panel per task: accuracy over the learning rate on both splits, choices marked."""
    table = tables["search_rates"]
    known = published(tables, "table9")
    shown = [task for task in TASKS if task in set(table["task"])]
    rows = -(-len(shown) // COLUMNS)
    figure, axes = theme.figure("wide", 0.7 + 1.9 * rows, nrows=rows, ncols=COLUMNS, squeeze=False)
    for ax, task in zip(axes.flat, shown, strict=False):
        _panel(ax, table[table["task"] == task])
        rates = known[(known["task"] == task) & (known["quantity"] == "learning_rate")]
        _paper(ax, rates["value"].to_numpy(float))
        ax.set_title(TASKS[task])
        _added(ax, tables["search_choices"], task)
    for ax in axes.flat[len(shown) :]:
        ax.axis("off")
    for ax in axes[-1]:
        ax.set_xlabel("learning rate")
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy (%)")
    legend_above(figure, axes.flat, columns=3)
    say_materials(figure, tables)
    return figure


def _panel(ax: Axes, table: DataFrame) -> None:
    for split, (text, color, style) in SPLITS.items():
        rows = table[(table["split"] == split) & (table["learning_rate"] > 0)]
        rows = rows.sort_values("learning_rate")
        x = rows["learning_rate"]
        theme.band(ax, x, rows["low"], rows["high"], color, alpha=0.13)
        ax.plot(x, rows["value"], color=color, ls=style, lw=1.3, marker=".", ms=4, label=text)
    for way, (text, marker, size) in WAYS.items():
        split = "selection" if way == "selection" else "evaluation"
        own = table[(table["split"] == split) & table["chosen"].isin([way, "both"])]
        ax.plot(
            own["learning_rate"],
            own["value"],
            ls="none",
            marker=marker,
            ms=size,
            mec=theme.INK,
            mfc=SPLITS[split][1] if marker == "*" else "none",
            mew=0.9,
            label=text,
            zorder=4,
        )
    shaken = table[(table["split"] == "evaluation") & ~table["stable"]]
    unstable = "unstable: turned by rounding"
    x, y = shaken["learning_rate"], shaken["value"]
    ax.plot(x, y, ls="none", marker="x", ms=6, color=theme.INK, label=unstable, zorder=5)
    base = table[(table["split"] == "selection") & (table["learning_rate"] == 0)]
    if len(base):
        value = float(base["value"].iloc[0])
        ax.axhline(value, color=ZSL, lw=1, ls=":", label="no demonstrations (for choosing)")
    ax.set_xscale("log")


def _added(ax: Axes, choices: DataFrame, task: str) -> None:
    """What choosing on the reported queries adds to their accuracy."""
    own = choices[(choices["task"] == task) & (choices["way"] == "difference")]
    if len(own):
        text = f"paper's way: {float(own['value'].iloc[0]):+.1f}".replace("-", "−")
        ax.set_title(text, loc="right", fontsize=7.5, fontweight="normal", color=PAPER)


def _paper(ax: Axes, rates: np.ndarray) -> None:
    """Arrows at the bottom at the paper's rates."""
    ax.plot(
        rates,
        np.full(len(rates), 0.04),
        ls="none",
        marker="^",
        ms=5,
        color=PAPER,
        transform=ax.get_xaxis_transform(),
        label="the paper's choices",
    )
