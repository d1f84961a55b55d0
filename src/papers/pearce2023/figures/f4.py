"""F4: accuracy of the parity network."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.parity_events import mark_events
from papers.pearce2023.figures.training_curves import draw_splits
from reprise.plotting import theme

PUBLISHED_MEMORISING = 1200
PUBLISHED_GENERALISED = (3008, 3750)
"""Steps at which two versions of the article say that the network has generalised."""


def parity_accuracy(tables: Mapping[str, DataFrame]) -> Figure:
    """F4: train and test accuracy, the shown seed bold and the others thin."""
    curves, summary = tables["parity_course"], tables["parity_summary"]
    figure, ax = theme.figure("column", 3.6)
    lines = draw_splits(ax, curves, "accuracy")
    ax.set(ylabel="accuracy", xlim=(0, curves["step"].max()))
    theme.hold(ax, 0.45, 1.01)
    ax.axhline(0.5, color=theme.MUTED, lw=0.8, ls=":")
    theme.direct_label(ax, curves["step"].max(), 0.5, "chance", theme.MUTED, dx=5)
    mark_events(ax, summary)
    if curves["step"].max() >= PUBLISHED_GENERALISED[1]:
        _mark_published(ax)
    theme.step_axis(ax)
    theme.label_ends(ax, lines)
    return figure


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
