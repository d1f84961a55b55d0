"""F13: the five neurons joined, a pentagon in and a star out."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from papers.pearce2023.figures.neuron_vectors import draw_vectors
from reprise.plotting import theme


def five_neuron_star(tables: Mapping[str, DataFrame]) -> Figure:
    """F13: in-neighbours joined, a pentagon in and a star out; out-angle against in-angle."""
    table = tables["five_neuron_weights"]
    last = table[table["panel"] == table["panel"].max()]
    figure, (left, middle, right) = theme.figure("wide", 2.9, ncols=3, width_ratios=[1, 1, 1.1])
    for ax, side in ((left, "in"), (middle, "out")):
        group = last[last["side"] == side].sort_values("neuron")
        joined = np.append(group.index, group.index[:1])
        ax.plot(group.loc[joined, "cos"], group.loc[joined, "sin"], color=theme.MUTED, lw=1)
        draw_vectors(ax, group)
        names = [str(neuron) for neuron in group["neuron"]]
        circles.write_outside(ax, group["cos"], group["sin"], names, theme.INK)
        ax.set_title(f"W_{side}-proj", loc="center")
    _doubling(right, last)
    return figure


def _doubling(ax: Axes, last: DataFrame) -> None:
    inward, outward = (
        last[last["side"] == side].sort_values("neuron")["angle"].to_numpy()
        for side in ("in", "out")
    )
    for turn in (0, 360):
        start = turn / 2
        ax.plot([start, start + 180], [0, 360], color=theme.THEORY, lw=1, ls="--")
    colors = [theme.CATEGORIES[i % len(theme.CATEGORIES)] for i in range(len(inward))]
    ax.scatter(inward, outward, s=22, c=colors, zorder=3)
    ticks = [0, 90, 180, 270, 360]
    ax.set(xlim=(0, 360), ylim=(0, 360), xticks=ticks, yticks=ticks, aspect="equal")
    ax.set(xlabel="in-angle (°)", ylabel="out-angle (°)")
    error = np.abs((outward - 2 * inward + 180) % 360 - 180).max()
    ax.set_title(f"dashed: double (worst {error:.1f}° off)", fontweight="normal", fontsize=8)
