"""F5: weights of the parity network at several moments."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.parity_heatmaps import draw_panels
from reprise.plotting import theme


def parity_weights(tables: Mapping[str, DataFrame]) -> Figure:
    """F5: one panel per moment: neurons (rows) by inputs and, apart, the output weight."""
    table = tables["parity_weights"]
    panels = table["panel"].nunique()
    figure, axes = theme.figure("wide", 3.2, ncols=panels, sharey=True, squeeze=False)
    draw_panels(axes[0], table, 4.5)
    return figure
