"""Rows of weight heatmaps of the parity network: F5 and F7b of Pearce et al. 2023."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
GAP = 1
"""Empty columns between the inputs and the output weight."""
OUTPUT_WIDTH = 2
"""Columns that the output weight takes, to be seen."""


def heatmap_row(table: DataFrame, limit: float) -> Figure:
    """One panel per moment: neurons (rows) by inputs and, apart, the output weight (columns)."""
    panels = list(table.groupby("panel"))
    figure, axes = theme.figure("wide", 3.2, ncols=len(panels), sharey=True, squeeze=False)
    draw_panels(axes[0], table, limit)
    return figure


def l2(tables: Tables) -> Figure:
    """F7b: weights at several moments; below, active neurons and the size of the distractors."""
    table, course = tables["parity_l2_weights"], tables["parity_l2_course"]
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 5.4))
    grid = figure.add_gridspec(2, 1, height_ratios=[3.2, 2.2])
    top, bottom = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    panels = table["panel"].nunique()
    draw_panels(top.subplots(1, panels, sharey=True, squeeze=False)[0], table, 4.5)
    left, right = bottom.subplots(1, 2)
    _draw_course(left, course, "active_neurons", "active neurons")
    _draw_course(right, course, "distractor_rms", "distractor rms")
    return figure


def draw_panels(axes: np.ndarray, table: DataFrame, limit: float) -> None:
    """Draw each panel of ``table`` into its axes, with one colour scale on the right."""
    mesh = None
    for ax, (_, panel) in zip(axes, table.groupby("panel"), strict=True):
        matrix = panel.pivot(index="neuron", columns="column", values="weight").to_numpy()
        mesh = _draw_panel(ax, matrix, limit)
        ax.set_title(f"step {panel['step'].iloc[0]:,}")
    axes[0].set_ylabel("neuron (sorted by size at the end)")
    if mesh is not None:
        theme.colorbar(mesh, list(axes), "weight")


def _draw_panel(ax: Axes, matrix: np.ndarray, limit: float) -> QuadMesh:
    inputs = matrix.shape[1] - 1
    blank = np.full((len(matrix), GAP), np.nan)
    output = np.repeat(matrix[:, inputs:], OUTPUT_WIDTH, axis=1)
    drawn = np.concatenate([matrix[:, :inputs], blank, output], axis=1)
    mesh = theme.weight_heatmap(ax, drawn, limit)
    ax.axvline(3, color=theme.THEORY, lw=0.6)
    ax.axvline(inputs - 1, color=theme.THEORY, lw=0.6)
    ax.set_xticks(
        [1.5, (3 + inputs - 1) / 2, inputs - 1.5, inputs + GAP + OUTPUT_WIDTH / 2 + 0.5],
        ["0-2", "distractors", "bias", "out"],
        rotation=90,
        fontsize=7,
    )
    ax.get_xticklabels()[1].set_rotation(0)
    ax.tick_params(length=0)
    return mesh


def _draw_course(ax: Axes, course: DataFrame, column: str, label: str) -> None:
    styles = {"parity_l2": (theme.CATEGORIES[0], "L2"), "parity": (theme.CATEGORIES[1], "L1")}
    ax.set_xscale("log")
    lines = {}
    for run, (color, name) in styles.items():
        members = course[(course["run"] == run) & (course["step"] > 0)]
        for _, member in members.groupby("member"):
            ax.plot(member["step"], member[column], color=color, lw=0.5, alpha=0.4)
        shown = members[members["shown"]]
        (lines[name],) = ax.plot(shown["step"], shown[column], color=color)
        theme.direct_label(ax, shown["step"].iloc[-1], shown[column].iloc[-1], name, color, dy=7)
    ax.set(ylabel=label, ylim=(0, None), xlim=(100, None))
    theme.step_axis(ax)
