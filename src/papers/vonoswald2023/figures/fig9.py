"""Figure 9: weights of six linear layers."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.weight_products import TITLES, product_panels
from reprise.plotting import theme

SLOTS = ("out", "$s_t$", "$s_t$", "$s_{t-1}$")


def fig9(tables: Mapping[str, DataFrame]) -> Figure:
    """Both products of every head in some layers, each layer with its own scale."""
    table = tables["deep_weights"]
    heads, layers = sorted(table["head"].unique()), sorted(table["layer"].unique())
    columns = 2 * len(heads)
    figure, axes = theme.figure(
        "wide", 0.92 * len(layers) + 0.45, nrows=len(layers), ncols=columns, squeeze=False
    )
    for row, layer in enumerate(layers):
        grid = np.array([axes[row, [2 * place, 2 * place + 1]] for place in range(len(heads))])
        product_panels(grid, table, layer, heads, SLOTS, small=True)
        axes[row, 0].set_ylabel(f"layer {layer}", fontsize=8)
    for place, head in enumerate(heads):
        for side, matrix in enumerate(TITLES):
            axes[0, 2 * place + side].set_title(f"{TITLES[matrix]}\nhead {head}", fontsize=7)
    return figure
