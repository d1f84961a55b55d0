"""F13: the five neurons joined, a pentagon in and a star out."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from papers.pearce2023.figures.neuron_vectors import draw_vectors
from reprise.plotting import theme


def five_neuron_star(tables: Mapping[str, DataFrame]) -> Figure:
    """F13: in-neighbours joined, a pentagon in and a star out; out-angle against in-angle."""
    table = tables["five_neuron_weights"]
    last = table[table["panel"] == table["panel"].max()]
    figure, (left, middle, right) = theme.figure("wide", 3.0, ncols=3, width_ratios=[1.3, 1.3, 1])
    for ax, side in ((left, "in"), (middle, "out")):
        group = last[last["side"] == side].sort_values("neuron")
        joined = np.append(group.index, group.index[:1])
        ax.plot(group.loc[joined, "cos"], group.loc[joined, "sin"], color=theme.MUTED, lw=1)
        draw_vectors(ax, group)
        names = [str(neuron) for neuron in group["neuron"]]
        circles.write_outside(ax, group["cos"], group["sin"], names, theme.INK)
        ax.set_title(f"W_{side}-proj", loc="center")
    inward, outward = (
        last[last["side"] == side].sort_values("neuron")["angle"].to_numpy()
        for side in ("in", "out")
    )
    colors = [theme.CATEGORIES[i % len(theme.CATEGORIES)] for i in range(len(inward))]
    error = circles.double_angles(right, inward, outward, colors).max()
    right.set(xlabel="in-angle (°)", ylabel="out-angle (°)")
    theme.say(figure, f"Dashed: twice the in-angle; the worst neuron is {error:.1f}° off it.")
    return figure
