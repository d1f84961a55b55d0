"""F9: the embedding on a circle."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from reprise.plotting import theme


def circular_embedding(tables: Mapping[str, DataFrame]) -> Figure:
    """F9: the embedding as a heatmap (number by coordinate) and as points on the unit circle."""
    table = tables["circle_embedding"]
    figure, (left, right) = theme.figure("column", 4.0, ncols=2, width_ratios=[1, 3.2])
    mesh = theme.weight_heatmap(left, table[["cos", "sin"]].to_numpy(), 1.0)
    left.set_xticks([0.5, 1.5], ["cos", "sin"])
    shown = np.arange(0, len(table), 10)
    left.set_yticks(shown + 0.5, [str(n) for n in shown])
    left.set_ylabel("number")
    theme.colorbar(mesh, left, "embedding", pad=0.1)
    circles.circle(right)
    right.scatter(table["cos"], table["sin"], s=9, color=theme.CATEGORIES[0], zorder=3)
    some = table[table["number"] % 4 == 0]
    names = [str(n) for n in some["number"]]
    circles.write_outside(right, some["cos"], some["sin"], names, theme.INK)
    circles.frame(right, 1.2)
    return figure
