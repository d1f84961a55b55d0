"""F7: every input weight of the parity network over training."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.parity_events import mark_events
from reprise.plotting import theme
from reprise.plotting.numbers import number

RISE = (0.6, 0.999)
"""Test accuracies between which a rise is measured."""
LIMIT = 4.5
"""End of the axis of weights: the few that are larger are so for a while."""


def weight_trajectories(tables: Mapping[str, DataFrame]) -> Figure:
    """F7: every input weight over training; above the accuracy, below the distractors' size."""
    curves, summary = tables["parity_course"], tables["parity_summary"]
    figure, (top, middle, bottom) = theme.figure(
        "column", 4.7, nrows=3, sharex=True, height_ratios=[1, 2.6, 1]
    )
    shown = curves[curves["shown"]]
    for name, color in (("train", theme.TRAIN), ("test", theme.TEST)):
        top.plot(shown["step"], shown[f"{name}_accuracy"], color=color, label=name)
    top.set(ylabel="accuracy", xlim=(0, curves["step"].max()))
    theme.hold(top, 0.45, 1.03)
    theme.label_ends(top, {line.get_label(): line for line in top.lines})
    _draw_paths(middle, tables["parity_paths"])
    _draw_size(bottom, tables["parity_distractors"])
    for ax in (top, middle, bottom):
        mark_events(ax, summary, label=ax is top)
        ax.label_outer()
    theme.step_axis(bottom)
    _say_rise(figure, shown)
    return figure


def _say_rise(figure: Figure, shown: DataFrame) -> None:
    """In how many steps the test accuracy rises."""
    first, last = (shown["step"][shown["test_accuracy"] >= level] for level in RISE)
    if len(last):
        steps = last.iloc[0] - first.iloc[0]
        text = f"Test accuracy rises from {RISE[0]:g} to {RISE[1]:g} within {number(steps)} steps."
        theme.say(figure, text)


def _draw_paths(ax: Axes, paths: DataFrame) -> None:
    steps = np.sort(paths["step"].unique())
    neurons = [name for name in paths.columns if name.startswith("neuron_")]
    styles = {
        "distractor": ("distractors", theme.THEORY, 0.1),
        "relevant": ("digits 0-2", theme.HIGHLIGHT, 1.0),
        "bias": ("bias", theme.BIAS, 1.0),
    }
    # One raster for all lines: a vector of a thousand paths would weigh megabytes.
    ax.set_rasterization_zorder(2)
    for order, (kind, (name, color, alpha)) in enumerate(styles.items()):
        chosen = paths[paths["kind"] == kind].sort_values(["input", "step"])
        values = chosen[neurons].to_numpy().reshape(-1, len(steps), len(neurons))
        lines = values.transpose(0, 2, 1).reshape(-1, len(steps))
        segments = [np.column_stack([steps, line]) for line in lines]
        ax.add_collection(
            LineCollection(
                segments, colors=color, alpha=alpha, lw=0.7, zorder=1 + order / 4, antialiased=False
            )
        )
        ax.text(1.01, 0.95 - 0.1 * order, name, color=color, transform=ax.transAxes, fontsize=8)
    ax.set_ylabel("weights of W_input")
    theme.cut(ax, -LIMIT, LIMIT, f"Weights beyond \u00b1{LIMIT} leave the axes.")


def _draw_size(ax: Axes, distractors: DataFrame) -> None:
    ax.plot(distractors["step"], distractors["rms"], color=theme.THEORY)
    ax.set(ylim=(0, None), ylabel="distractor\nrms")
    peak = distractors.loc[distractors["rms"].idxmax()]
    ax.plot(peak["step"], peak["rms"], "o", ms=4, color=theme.THEORY)
    theme.direct_label(ax, peak["step"], peak["rms"], "peak", theme.THEORY, dx=6, dy=2)
