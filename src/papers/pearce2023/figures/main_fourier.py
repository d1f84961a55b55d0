"""The main network seen in frequencies: F16, F17 and F18 of Pearce et al. 2023."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from papers.pearce2023.figures.main_weights import (
    MATRICES,
    count,
    group_color,
    largest_groups,
    panels,
    square,
    stage_steps,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
LIMIT = 20
"""The article's colour scale of DFT coefficients."""
RADIUS = 10
"""Drawn in every panel: rows have their own scale, and neurons below it are in no group."""
MATRIX_COLORS = dict(zip(MATRICES, theme.CATEGORIES, strict=False))


def dft(tables: Tables) -> Figure:
    """F16: coefficients by frequency and sorted neuron at four stages; how sparse they become."""
    table, progress = tables["main_dft"], tables["main_progress"]
    stages = stage_steps(table)
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 5.6))
    top, bottom = panels(figure, [2.3, 1])
    axes = top.subplots(2, len(stages), squeeze=False)
    for row, matrix in enumerate(MATRICES):
        for column, (stage, step) in enumerate(stages.items()):
            ax = axes[row, column]
            chosen = table[(table["stage"] == stage) & (table["matrix"] == matrix)]
            values = square(chosen, "position", "coefficient", "value")
            mesh = theme.weight_heatmap(ax, values, LIMIT)
            # Coefficients 2k - 1 and 2k are the cosine and the sine of frequency k.
            ax.set_xticks([2 * k for k in (1, 10, 20, 30)], ["1", "10", "20", "30"])
            if row == 0:
                ax.set_title(f"{stage}\nstep {theme.short_number(step)}", fontsize=8.5)
            else:
                ax.set_xlabel("frequency")
        axes[row, 0].set_ylabel(f"{matrix}\nneuron, sorted")
    theme.colorbar(mesh, list(axes.ravel()), "coefficient")
    measures = {
        "concentration": "share of power in the\n5 strongest frequencies",
        "large": "share of coefficients\nabove 1 in size",
    }
    for ax, (measure, text) in zip(bottom.subplots(1, 2), measures.items(), strict=True):
        _draw_progress(ax, progress, measure)
        ax.set_ylabel(text)
    return figure


def circles_in(tables: Tables) -> Figure:
    """F17: per frequency, each neuron's (cos, sin) of W_input, neighbours in phase joined."""
    return _vectors(tables["main_vectors"], "W_input")


def stars_out(tables: Tables) -> Figure:
    """F18: the same of W_output; neighbours in input phase joined give a star."""
    return _vectors(tables["main_vectors"], "W_output")


def _vectors(table: DataFrame, matrix: str) -> Figure:
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
        neurons = count(rows.loc[rows["frequency"] == frequency, "neuron"].nunique())
        axes[0, column].set_title(f"frequency {frequency}\n{neurons}", fontsize=8.5)
    axes[-1, 0].set_xlabel(f"circle: radius {RADIUS}", fontsize=8, color=theme.MUTED)
    return figure


def _draw_polygon(ax: Axes, rows: DataFrame, color: str) -> None:
    closed = np.append(np.arange(len(rows)), 0) if len(rows) > 2 else np.arange(len(rows))
    cos, sin = rows["cos"].to_numpy()[closed], rows["sin"].to_numpy()[closed]
    ax.plot(cos, sin, color=color, lw=0.9, alpha=0.7)
    ax.scatter(rows["cos"], rows["sin"], s=14, color=color, zorder=3)


def _draw_progress(ax: Axes, progress: DataFrame, measure: str) -> None:
    lines = {}
    for matrix, color in MATRIX_COLORS.items():
        rows = progress[progress["matrix"] == matrix]
        for _, seed in rows[~rows["shown"]].groupby("seed"):
            ax.plot(seed["step"], seed[measure], color=color, lw=0.6, alpha=0.35)
        chosen = rows[rows["shown"]]
        (lines[matrix],) = ax.plot(chosen["step"], chosen[measure], color=color)
    ax.set(xlim=(0, progress["step"].max()), ylim=(0, 1.03))
    theme.label_ends(ax, lines, gap=0.13)
    theme.step_axis(ax, ticks=4)
