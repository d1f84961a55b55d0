"""When the parity network memorises and generalises: marks that F4, F6 and F7 share."""

import numpy as np
from matplotlib.axes import Axes
from pandas import DataFrame

from papers.pearce2023.figures.training_curves import shown_value
from reprise.plotting import theme


def mark_events(ax: Axes, summary: DataFrame, *, label: bool = True) -> None:
    """Vertical lines where train and test accuracy of the shown seed get high."""
    marks = {
        "t_train_99": ("train reaches 0.99", theme.TRAIN),
        "t_test_999": ("test reaches 0.999", theme.TEST),
    }
    for quantity, (text, color) in marks.items():
        step = shown_value(summary, quantity)
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
