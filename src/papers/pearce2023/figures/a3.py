"""A3: the output for every input, by number of neurons."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from papers.pearce2023.figures.a1 import ANSWER
from reprise.plotting import theme
from reprise.plotting.numbers import percent


def every_output(tables: Mapping[str, DataFrame]) -> Figure:
    """A3: the output of every input a = b, one panel per number of neurons."""
    groups = list(tables["every_output"].groupby("neurons"))
    columns = 4
    rows = -(-len(groups) // columns)
    figure, axes = theme.figure("wide", 2.0 * rows, nrows=rows, ncols=columns, squeeze=False)
    for ax in axes.flat[len(groups) :]:
        ax.set_visible(False)
    for ax, (neurons, group) in zip(axes.flat, groups, strict=False):
        largest = float(np.hypot(group["x"], group["y"]).max())
        target = 2 * np.pi * group["target"] / group["modulus"]
        radius = np.hypot(group["x"], group["y"])
        for x, y, angle, r in zip(group["x"], group["y"], target, radius, strict=True):
            ax.plot([x, r * np.cos(angle)], [y, r * np.sin(angle)], color=theme.MUTED, lw=0.8)
        colors = np.where(group["right"], theme.CATEGORIES[0], ANSWER)
        circles.circle(ax, float(radius.mean()))
        ax.scatter(group["x"], group["y"], s=6, c=colors, zorder=3)
        circles.frame(ax, 1.1 * largest)
        ax.set_title(f"N = {neurons}", loc="center")
        ax.set_xlabel(f"{percent(group['right'].mean())} right")
    return figure
