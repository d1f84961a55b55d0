"""F1: accuracy of the main network, which generalises long after it has memorised."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.training_curves import draw_metric, draw_published
from reprise.plotting import theme
from reprise.plotting.numbers import number


def accuracy_curve(tables: Mapping[str, DataFrame]) -> Figure:
    """F1: train accuracy at once, test accuracy long after; other seeds thin, the article grey."""
    curves, events = tables["main_curves"], tables["main_events"]
    figure, ax = theme.figure("column", 3.7)
    lines = draw_metric(ax, curves, "accuracy")
    draw_published(ax, tables["main_published"], curves["step"].max())
    chosen = events[events["shown"]].iloc[0]
    marks = {
        "fit": ("train 0.999", theme.TRAIN, "center"),
        "half": ("test 0.5", theme.TEST, "right"),
        "nearly_all": ("test 0.999", theme.TEST, "left"),
    }
    _mark_events(ax, chosen, marks)
    theme.label_ends(ax, lines)
    theme.step_axis(ax)
    _say_seeds(ax, curves)
    return figure


def _say_seeds(ax: Axes, curves: DataFrame) -> None:
    seed = curves.loc[curves["shown"], "seed"].iloc[0]
    others = curves.loc[~curves["shown"], "seed"].nunique()
    text = f"thick: seed {seed}\nthin: other seeds ({others})" if others else f"seed {seed}"
    ax.text(0.03, 0.5, text, transform=ax.transAxes, fontsize=8, color=theme.REFERENCE)


def _mark_events(ax: Axes, events: DataFrame, marks: Mapping[str, tuple[str, str, str]]) -> None:
    """``marks``: event -> text, colour, and where the text is held; the last two lie close."""
    for event, (text, color, held) in marks.items():
        if not np.isfinite(events[event]):
            continue
        ax.axvline(events[event], color=color, lw=0.8, ls=":", zorder=1)
        ax.annotate(
            f"{text}\n{number(events[event])}",
            (events[event], 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha=held,
            va="bottom",
            color=color,
            fontsize=7.5,
            annotation_clip=False,
        )
