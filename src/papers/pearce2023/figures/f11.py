"""F11: weights of the five-neuron network as heatmaps."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme
from reprise.plotting.numbers import number

HEADROOM = 1.2
"""Colour limit over the largest absolute weight, as in the article."""


def five_neuron_weights(tables: Mapping[str, DataFrame]) -> Figure:
    """F11: both projections as heatmaps at several steps, neurons in columns, rescaled per step."""
    table = tables["five_neuron_weights"]
    panels = table["panel"].nunique()
    figure, axes = theme.figure("wide", 2.7, nrows=2, ncols=panels, squeeze=False)
    for row, side in enumerate(("in", "out")):
        part = table[table["side"] == side]
        for (_, group), ax in zip(part.groupby("panel"), axes[row], strict=True):
            matrix = group.sort_values("neuron")[["cos", "sin"]].to_numpy().T
            largest = float(np.abs(matrix).max())
            title = theme.scale_text(theme.weight_heatmap(ax, matrix, HEADROOM * largest))
            if row == 0:
                title = f"step {number(group['step'].iloc[0])}\n{title}"
            ax.set_title(title, loc="center", fontsize=8, fontweight="normal")
        axes[row, 0].set_yticks([0.5, 1.5], ["cos", "sin"])
        axes[row, 0].set_ylabel(f"W_{side}-proj")
    for ax in axes[-1]:
        ax.set_xticks(np.arange(table["neuron"].max() + 1) + 0.5, table["neuron"].unique())
        ax.set_xlabel("neuron")
    return figure
