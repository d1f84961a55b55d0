"""Accuracy and loss of the main modular-addition network: F1 and F14 of Pearce et al. 2023."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
SPLITS = {"train": theme.TRAIN, "test": theme.TEST}


def accuracy(tables: Tables) -> Figure:
    """F1: train accuracy at once, test accuracy long after; other seeds thin, the article grey."""
    curves, events = tables["main_curves"], tables["main_events"]
    figure, ax = theme.figure("column", 3.7)
    lines = draw_metric(ax, curves, "accuracy")
    _draw_published(ax, tables["main_published"], curves["step"].max())
    chosen = events[events["shown"]].iloc[0]
    marks = {
        "fit": ("train .999", theme.TRAIN),
        "half": ("test .5", theme.TEST),
        "generalised": ("test .999", theme.TEST),
    }
    _mark_events(ax, chosen, marks)
    theme.label_ends(ax, lines)
    theme.step_axis(ax)
    _say_seeds(ax, curves)
    return figure


def accuracy_and_loss(tables: Tables) -> Figure:
    """F14: accuracy, and cross-entropy per class on a logarithmic axis, of the same network."""
    curves = tables["main_curves"]
    figure, axes = theme.figure("wide", 3.2, ncols=2)
    for ax, metric in zip(axes, ("accuracy", "loss"), strict=True):
        lines = draw_metric(ax, curves, metric)
        if metric == "loss":
            ax.set(yscale="log", ylim=(1e-7, 1e1))
        theme.label_ends(ax, lines)
        theme.step_axis(ax, ticks=5)
    axes[1].set_ylabel("cross-entropy / 67 (nats)")
    return figure


def draw_metric(ax: Axes, curves: DataFrame, metric: str) -> dict[str, Line2D]:
    """Train and test ``metric`` of the shown seed, the others thin; returns the shown lines."""
    lines = {}
    for split, color in SPLITS.items():
        for _, seed in curves[~curves["shown"]].groupby("seed"):
            ax.plot(seed["step"], seed[f"{split}_{metric}"], color=color, lw=0.7, alpha=0.3)
        chosen = curves[curves["shown"]]
        (lines[split],) = ax.plot(
            chosen["step"], chosen[f"{split}_{metric}"], color=color, lw=1.8, zorder=3
        )
    ax.set(xlim=(0, curves["step"].max()), ylabel=metric)
    if metric == "accuracy":
        ax.set_ylim(-0.02, 1.03)
    return lines


def _draw_published(ax: Axes, published: DataFrame, last: float) -> None:
    article = published[(published["source"] == "article") & (published["step"] <= last)]
    if len(article) < 3:
        return
    steps, values = article["step"], article["test_accuracy"]
    ax.plot(steps, values, "o:", color=theme.REFERENCE, ms=2.5, lw=1, zorder=2)
    label = article.loc[(values - 0.6).abs().idxmin()]
    theme.direct_label(
        ax, label["step"], label["test_accuracy"], "article", theme.REFERENCE, dx=-8, ha="right"
    )


def _say_seeds(ax: Axes, curves: DataFrame) -> None:
    seed = curves.loc[curves["shown"], "seed"].iloc[0]
    others = curves.loc[~curves["shown"], "seed"].nunique()
    text = f"thick: seed {seed}\nthin: other seeds ({others})" if others else f"seed {seed}"
    ax.text(0.03, 0.5, text, transform=ax.transAxes, fontsize=8, color=theme.REFERENCE)


def _mark_events(ax: Axes, events: DataFrame, marks: Mapping[str, tuple[str, str]]) -> None:
    for event, (text, color) in marks.items():
        if not np.isfinite(events[event]):
            continue
        ax.axvline(events[event], color=color, lw=0.8, ls=":", zorder=1)
        ax.annotate(
            f"{text}\n{theme.short_number(events[event])}",
            (events[event], 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=color,
            fontsize=7.5,
            annotation_clip=False,
        )
