"""Figure 20: least squares against kernel regression, with more noise."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.size_losses import LOSS_PER_NUMBER, size_lines
from reprise.plotting import theme


def fig20(tables: Mapping[str, DataFrame]) -> Figure:
    """At three noise levels, a panel each."""
    table = tables["size_losses"]
    levels = sorted(table["noise"].dropna().unique())[1:]
    figure, axes = theme.figure("wide", 2.7, ncols=len(levels), squeeze=False, sharey=True)
    for ax, level in zip(axes[0], levels, strict=True):
        size_lines(ax, table[table["noise"] == level])
        ax.set_title(rf"noise $\sigma$ = {level:g}")
        ax.set_yscale("log")
    axes[0, 0].set_ylabel(LOSS_PER_NUMBER)
    axes[0, 0].legend(loc="upper left", handlelength=2.2, labelspacing=0.3)
    return figure
