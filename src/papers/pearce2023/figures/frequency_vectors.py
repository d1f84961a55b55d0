"""Fourier coefficients of each frequency's neurons as points on a plane: for F17 and F18."""

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

RADIUS = 10
"""Drawn in every panel: rows have their own scale, and neurons below it are in no group."""


def frequency_vectors(table: DataFrame, matrix: str) -> Figure:
    """Neurons of each frequency (columns) at each stage (rows), neighbours in phase joined."""
    rows = table[table["matrix"] == matrix]
    stages = stage_steps(rows)
    groups, _ = largest_groups(rows)
    shape = max(len(stages), 1), max(len(groups), 1)
    panel = theme.WIDTH_IN["column"] / max(shape[1], 3.4)
    figure, axes = theme.figure(
        "column", 0.5 + 0.95 * panel * shape[0], nrows=shape[0], ncols=shape[1], squeeze=False
    )
    for row, (stage, step) in enumerate(stages.items()):
        for column, frequency in enumerate(groups):
            chosen = rows[(rows["stage"] == stage) & (rows["frequency"] == frequency)]
            _draw_polygon(
                axes[row, column], chosen.sort_values("position"), group_color(groups, frequency)
            )
        axes[row, 0].set_ylabel(f"{stage}\nstep {theme.short_number(step)}")
        at_stage = rows[rows["stage"] == stage]
        largest = float(np.hypot(at_stage["cos"], at_stage["sin"]).max())
        for ax in axes[row]:
            circles.frame(ax, 1.1 * max(largest, RADIUS))
            circles.circle(ax, RADIUS)
    for column, frequency in enumerate(groups):
        neurons = count_neurons(rows.loc[rows["frequency"] == frequency, "neuron"].nunique())
        axes[0, column].set_title(f"frequency {frequency}\n{neurons}", fontsize=8.5)
    axes[-1, 0].set_xlabel(f"circle: radius {RADIUS}", fontsize=8, color=theme.MUTED)
    return figure


def _draw_polygon(ax: Axes, rows: DataFrame, color: str) -> None:
    closed = np.append(np.arange(len(rows)), 0) if len(rows) > 2 else np.arange(len(rows))
    cos, sin = rows["cos"].to_numpy()[closed], rows["sin"].to_numpy()[closed]
    ax.plot(cos, sin, color=color, lw=0.9, alpha=0.7)
    ax.scatter(rows["cos"], rows["sin"], s=14, color=color, zorder=3)
