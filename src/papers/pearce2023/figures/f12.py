"""F12: the vectors of the five neurons around a circle."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.neuron_vectors import draw_vectors
from reprise.plotting import theme
from reprise.plotting.numbers import number


def five_neuron_circle(tables: Mapping[str, DataFrame]) -> Figure:
    """F12: the neurons' in-vectors (top) and out-vectors (bottom) at several steps."""
    table = tables["five_neuron_weights"]
    panels = table["panel"].nunique()
    figure, axes = theme.figure("wide", 3.0, nrows=2, ncols=panels, squeeze=False)
    for row, side in enumerate(("in", "out")):
        part = table[table["side"] == side]
        for (_, group), ax in zip(part.groupby("panel"), axes[row], strict=True):
            draw_vectors(ax, group)
            if row == 0:
                step = number(group["step"].iloc[0])
                ax.set_title(f"step {step}", loc="center")
        axes[row, 0].set_ylabel(f"W_{side}-proj")
        gaps = _gaps(part[part["panel"] == panels - 1]["angle"].to_numpy())
        axes[row, -1].set_xlabel(f"gaps {gaps.min():.0f}-{gaps.max():.0f}°", fontsize=8)
    return figure


def _gaps(angles: np.ndarray) -> np.ndarray:
    ordered = np.sort(angles)
    return np.diff(np.append(ordered, ordered[0] + 360))
