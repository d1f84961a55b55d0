"""Figure 17: past tokens in the first layer, for every kind of network."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import NAMES
from papers.vonoswald2023.figures.token_probes import (
    token_frame,
    token_key,
    token_lines,
    token_points,
)
from reprise.plotting import theme


def fig17(tables: Mapping[str, DataFrame]) -> Figure:
    """Every kind of network on fully observed systems."""
    table, points = tables["fully_tokens"], tables["plain_published"]
    runs = list(dict.fromkeys(table["model"])) or ["softmax7"]
    figure, axes = theme.figure("wide", 2.9, ncols=len(runs), sharey=True, squeeze=False)
    for ax, run in zip(axes[0], runs, strict=True):
        name, color = NAMES[run]
        token_lines(ax, table[table["model"] == run], color)
        token_points(ax, points, run, color)
        token_frame(ax, table, name)
        ax.set_title(name, fontsize=8.5)
    axes[0, 0].set_ylabel("mean squared error")
    token_key(figure, bool(len(points)))
    return figure
