"""Accuracy, loss and weights of the parity network: F4-F7 of Pearce et al. 2023."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.pearce2023.figures.parity_heatmaps import heatmap_row
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
PUBLISHED_MEMORISING = 1200
PUBLISHED_GENERALISED = (3008, 3750)
"""Steps at which two versions of the article say that the network has generalised."""


def accuracy(tables: Tables) -> Figure:
    """F4: train and test accuracy, the shown seed bold and the others thin."""
    course, summary = tables["parity_course"], tables["parity_summary"]
    figure, ax = theme.figure("column", 3.6)
    lines = _course(ax, course, "accuracy")
    ax.set(ylim=(0.45, 1.01), ylabel="accuracy", xlim=(0, course["step"].max()))
    ax.axhline(0.5, color=theme.MUTED, lw=0.8, ls=":")
    theme.direct_label(ax, course["step"].max(), 0.5, "chance", theme.MUTED, dx=5)
    _mark_events(ax, summary)
    _mark_published(ax)
    theme.step_axis(ax)
    theme.label_ends(ax, lines, gap=0.06)
    return figure


def loss(tables: Tables) -> Figure:
    """F6: train and test cross-entropy on a log scale, the shown seed bold and the others thin."""
    course, summary = tables["parity_course"], tables["parity_summary"]
    figure, ax = theme.figure("column", 3.8)
    ax.set_yscale("log")
    lines = _course(ax, course, "loss")
    ax.set(ylim=(5e-8, 10), ylabel="cross-entropy (nats)", xlim=(0, course["step"].max()))
    ax.axhline(2.0**-23, color=theme.THEORY, lw=0.8, ls="--")
    theme.direct_label(ax, 0, 2.0**-23, "float32 floor of the clipped loss", theme.THEORY, dy=6)
    _mark_events(ax, summary)
    _mark_bump(ax, course[course["shown"]], summary)
    theme.step_axis(ax)
    theme.label_ends(ax, lines, gap=0.06)
    return figure


def weights(tables: Tables) -> Figure:
    """F5: all weights at several moments, neurons in rows, inputs and output in columns."""
    return heatmap_row(tables["parity_weights"], 4.5)


def trajectories(tables: Tables) -> Figure:
    """F7: every input weight over training; above the accuracy, below the distractors' size."""
    course, summary = tables["parity_course"], tables["parity_summary"]
    figure, (top, middle, bottom) = theme.figure(
        "column", 4.7, nrows=3, sharex=True, height_ratios=[1, 2.6, 1]
    )
    shown = course[course["shown"]]
    for name, color in (("train", theme.TRAIN), ("test", theme.TEST)):
        top.plot(shown["step"], shown[f"{name}_accuracy"], color=color, label=name)
    top.set(ylim=(0.45, 1.03), ylabel="accuracy", xlim=(0, course["step"].max()))
    theme.label_ends(top, {line.get_label(): line for line in top.lines}, gap=0.2)
    _draw_paths(middle, tables["parity_paths"])
    _draw_size(bottom, tables["parity_distractors"])
    for ax in (top, middle, bottom):
        _mark_events(ax, summary, label=ax is top)
        ax.label_outer()
    theme.step_axis(bottom)
    return figure


def _course(ax: Axes, course: DataFrame, metric: str) -> dict[str, Line2D]:
    lines = {}
    for name, color in (("train", theme.TRAIN), ("test", theme.TEST)):
        for _, seed in course[~course["shown"]].groupby("seed"):
            ax.plot(seed["step"], seed[f"{name}_{metric}"], color=color, lw=0.6, alpha=0.3)
        shown = course[course["shown"]]
        (lines[name],) = ax.plot(shown["step"], shown[f"{name}_{metric}"], color=color, lw=1.8)
    return lines


def _value(summary: DataFrame, quantity: str) -> float:
    return float(summary.loc[summary["shown"] & (summary["quantity"] == quantity), "value"].iloc[0])


def _mark_events(ax: Axes, summary: DataFrame, *, label: bool = True) -> None:
    marks = {
        "t_train_99": ("train reaches .99", theme.TRAIN),
        "t_test_999": ("test reaches .999", theme.TEST),
    }
    for quantity, (text, color) in marks.items():
        step = _value(summary, quantity)
        if not np.isfinite(step):
            continue
        ax.axvline(step, color=color, lw=0.8, ls=":")
        if label:
            ax.annotate(
                text,
                (step, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 4),
                textcoords="offset points",
                color=color,
                fontsize=8,
                ha="center",
                annotation_clip=False,
            )


def _mark_published(ax: Axes) -> None:
    ax.axvspan(*PUBLISHED_GENERALISED, color=theme.REFERENCE, alpha=0.1, lw=0)
    middle = float(np.mean(PUBLISHED_GENERALISED))
    theme.direct_label(
        ax, middle, 0.66, "article:\ngeneralised", theme.REFERENCE, ha="center", dx=0
    )
    ax.plot(PUBLISHED_MEMORISING, 0.465, marker="^", ms=5, color=theme.REFERENCE, clip_on=False)
    theme.direct_label(
        ax, PUBLISHED_MEMORISING, 0.465, "article: memorising", theme.REFERENCE, dx=6
    )


def _mark_bump(ax: Axes, shown: DataFrame, summary: DataFrame) -> None:
    before = shown[shown["step"] <= _value(summary, "t_test_999")]
    if before.empty:
        return
    for row in (before.loc[before["train_loss"].idxmin()], before.iloc[-1], shown.iloc[-1]):
        ax.plot(
            row["step"], row["train_loss"], "o", ms=4.5, mfc="white", color=theme.TRAIN, zorder=4
        )
    rises = [_value(summary, name) for name in ("train_loss_bump", "final_train_loss_ratio")]
    text = "train loss over its minimum (first circle):\n"
    text += "{:.3f}x where test reaches .999, {:.1f}x at the end"
    ax.text(
        0.99,
        0.065,
        text.format(*rises),
        color=theme.TRAIN,
        transform=ax.transAxes,
        ha="right",
        fontsize=8,
    )


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
    ax.set(ylim=(-3, 3), ylabel="weights of W_input")


def _draw_size(ax: Axes, distractors: DataFrame) -> None:
    ax.plot(distractors["step"], distractors["rms"], color=theme.THEORY)
    ax.set(ylim=(0, None), ylabel="distractor\nrms")
    peak = distractors.loc[distractors["rms"].idxmax()]
    ax.plot(peak["step"], peak["rms"], "o", ms=4, color=theme.THEORY)
    theme.direct_label(ax, peak["step"], peak["rms"], "peak", theme.THEORY, dx=6, dy=2)
