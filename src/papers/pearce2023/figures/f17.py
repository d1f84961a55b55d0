"""F17: input weights of each frequency as points on a plane, along training."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from papers.pearce2023.figures.main_network import (
    count_neurons,
    group_color,
    largest_groups,
    stage_steps,
)
from reprise.plotting import theme
from reprise.plotting.numbers import number

RADIUS = 10
"""Drawn in every panel: rows have their own scale, and neurons below it are in no group."""


def circles_in(tables: Mapping[str, DataFrame]) -> Figure:
    """F17: neurons of each frequency (columns) at each stage (rows), neighbours in phase joined."""
    table = tables["main_vectors"]
    rows = table[table["matrix"] == "W_input"]
    stages = stage_steps(rows)
    groups, _ = largest_groups(rows)
    shape = max(len(stages), 1), max(len(groups), 1)
    panel = theme.WIDTH_IN["column"] / max(shape[1], 3.4)
    figure, axes = theme.figure(
        "column", 0.5 + 0.95 * panel * shape[0], nrows=shape[0], ncols=shape[1], squeeze=False
    )
    for row, (stage, step) in enumerate(stages.items()):
        at_stage = rows[rows["stage"] == stage]
        for column, frequency in enumerate(groups):
            chosen = at_stage[at_stage["frequency"] == frequency].sort_values("position")
            draw_polygon(axes[row, column], chosen, group_color(groups, frequency))
        axes[row, 0].set_ylabel(f"{stage}\nstep {number(step)}")
        for ax in axes[row]:
            frame(ax, at_stage, 1.1)
    for column, frequency in enumerate(groups):
        axes[0, column].set_title(describe(rows, frequency), fontsize=8.5)
    axes[-1, 0].set_xlabel(f"circle: radius {RADIUS}", fontsize=8, color=theme.MUTED)
    return figure


def draw_polygon(ax: Axes, rows: DataFrame, color: str) -> None:
    """One dot per neuron at its (cos, sin), each joined to the next row."""
    closed = np.append(np.arange(len(rows)), 0) if len(rows) > 2 else np.arange(len(rows))
    cos, sin = rows["cos"].to_numpy()[closed], rows["sin"].to_numpy()[closed]
    ax.plot(cos, sin, color=color, lw=0.9, alpha=0.7)
    ax.scatter(rows["cos"], rows["sin"], s=14, color=color, zorder=3)


def frame(ax: Axes, rows: DataFrame, margin: float) -> None:
    """Room for the longest vector of ``rows`` and for the circle of ``RADIUS``."""
    largest = float(np.hypot(rows["cos"], rows["sin"]).max())
    circles.frame(ax, margin * max(largest, RADIUS))
    circles.circle(ax, RADIUS)


def describe(rows: DataFrame, frequency: int) -> str:
    """The frequency and how many neurons have it."""
    neurons = rows.loc[rows["frequency"] == frequency, "neuron"].nunique()
    return f"frequency {frequency}\n{count_neurons(neurons)}"
