"""F14: accuracy and loss of the main network."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.training_curves import draw_metric, draw_published
from reprise.plotting import theme


def accuracy_and_loss(tables: Mapping[str, DataFrame]) -> Figure:
    """F14: accuracy, and cross-entropy per class on a logarithmic axis, of the same network."""
    curves = tables["main_curves"]
    figure, axes = theme.figure("wide", 3.2, ncols=2)
    for ax, metric in zip(axes, ("accuracy", "loss"), strict=True):
        lines = draw_metric(ax, curves, metric)
        if metric == "loss":
            ax.set_yscale("log")
            theme.hold(ax, 1e-7, 1e1)
        else:
            draw_published(ax, tables["main_published"], curves["step"].max())
        theme.label_ends(ax, lines)
        theme.step_axis(ax, ticks=5)
    axes[1].set_ylabel("cross-entropy / 67 (nats)")
    return figure
