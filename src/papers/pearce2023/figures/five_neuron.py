"""The five-neuron network on a frozen circle: F10-F13 of Pearce et al. 2023."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles, small_runs
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
HEADROOM = 1.2
"""Colour limit over the largest absolute weight, as in the article."""


def accuracy(tables: Tables) -> Figure:
    """F10: train and test accuracy against training step."""
    course, summary = tables["five_neuron_course"], tables["five_neuron_summary"]
    figure, ax = theme.figure("column", 3.6)
    lines = small_runs.courses(ax, course, "accuracy")
    ax.set(xlim=(0, course["step"].max()), ylim=(0, 1.02), ylabel="accuracy")
    step = small_runs.shown_value(summary, "t_both_1")
    small_runs.mark_step(ax, step, f"both 1 at {step:,.0f}", height=0.12)
    small_runs.others(ax, course)
    theme.step_axis(ax)
    theme.label_ends(ax, lines, gap=0.06)
    return figure


def weights(tables: Tables) -> Figure:
    """F11: both projections as heatmaps at several steps, neurons in columns, rescaled per step."""
    table = tables["five_neuron_weights"]
    panels = table["panel"].nunique()
    figure, axes = theme.figure("wide", 2.7, nrows=2, ncols=panels, squeeze=False)
    for row, side in enumerate(("in", "out")):
        part = table[table["side"] == side]
        for (_, group), ax in zip(part.groupby("panel"), axes[row], strict=True):
            matrix = group.sort_values("neuron")[["cos", "sin"]].to_numpy().T
            largest = float(np.abs(matrix).max())
            theme.weight_heatmap(ax, matrix, HEADROOM * largest)
            title = f"max {largest:.3g}"
            if row == 0:
                title = f"step {theme.short_number(group['step'].iloc[0])}\n{title}"
            ax.set_title(title, loc="center", fontsize=8, fontweight="normal")
        axes[row, 0].set_yticks([0.5, 1.5], ["cos", "sin"])
        axes[row, 0].set_ylabel(f"W_{side}-proj")
    for ax in axes[-1]:
        ax.set_xticks(np.arange(table["neuron"].max() + 1) + 0.5, table["neuron"].unique())
        ax.set_xlabel("neuron")
    return figure


def circle(tables: Tables) -> Figure:
    """F12: the neurons' in-vectors (top) and out-vectors (bottom) at several steps."""
    table = tables["five_neuron_weights"]
    panels = table["panel"].nunique()
    figure, axes = theme.figure("wide", 3.0, nrows=2, ncols=panels, squeeze=False)
    for row, side in enumerate(("in", "out")):
        part = table[table["side"] == side]
        for (_, group), ax in zip(part.groupby("panel"), axes[row], strict=True):
            _vectors(ax, group)
            if row == 0:
                step = theme.short_number(group["step"].iloc[0])
                ax.set_title(f"step {step}", loc="center")
        axes[row, 0].set_ylabel(f"W_{side}-proj")
        gaps = _gaps(part[part["panel"] == panels - 1]["angle"].to_numpy())
        axes[row, -1].set_xlabel(f"gaps {gaps.min():.0f}-{gaps.max():.0f}°", fontsize=8)
    return figure


def _vectors(ax: Axes, group: DataFrame) -> None:
    largest = float(group["norm"].max())
    circles.circle(ax, float(group["norm"].mean()))
    for row in group.itertuples():
        color = theme.CATEGORIES[row.neuron % len(theme.CATEGORIES)]
        circles.ray(ax, row.cos, row.sin, color, 1.2)
        ax.scatter(row.cos, row.sin, s=16, color=color, zorder=3)
    circles.frame(ax, 1.25 * largest)


def _gaps(angles: np.ndarray) -> np.ndarray:
    ordered = np.sort(angles)
    return np.diff(np.append(ordered, ordered[0] + 360))


def star(tables: Tables) -> Figure:
    """F13: in-neighbours joined, a pentagon in and a star out; out-angle against in-angle."""
    table = tables["five_neuron_weights"]
    last = table[table["panel"] == table["panel"].max()]
    figure, (left, middle, right) = theme.figure("wide", 2.9, ncols=3, width_ratios=[1, 1, 1.1])
    for ax, side in ((left, "in"), (middle, "out")):
        group = last[last["side"] == side].sort_values("neuron")
        joined = np.append(group.index, group.index[:1])
        ax.plot(group.loc[joined, "cos"], group.loc[joined, "sin"], color=theme.MUTED, lw=1)
        _vectors(ax, group)
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
