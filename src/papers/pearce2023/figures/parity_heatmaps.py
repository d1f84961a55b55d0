"""Weight heatmaps of the parity network: for F5 and F7b."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from pandas import DataFrame

from reprise.plotting import theme
from reprise.plotting.numbers import number

GAP = 1
"""Empty columns between the inputs and the output weight."""
OUTPUT_WIDTH = 2
"""Columns that the output weight takes, to be seen."""


def draw_panels(axes: np.ndarray, table: DataFrame, limit: float) -> None:
    """Draw each panel of ``table`` into its axes, with one colour scale on the right."""
    mesh = None
    for ax, (_, panel) in zip(axes, table.groupby("panel"), strict=True):
        matrix = panel.pivot(index="neuron", columns="column", values="weight").to_numpy()
        mesh = _draw_panel(ax, matrix, limit)
        ax.set_title(f"step {number(panel['step'].iloc[0])}")
    axes[0].set_ylabel("neuron (sorted by size at the end)")
    if mesh is not None:
        theme.colorbar(mesh, list(axes), "weight")


def _draw_panel(ax: Axes, matrix: np.ndarray, limit: float) -> QuadMesh:
    inputs = matrix.shape[1] - 1
    blank = np.full((len(matrix), GAP), np.nan)
    output = np.repeat(matrix[:, inputs:], OUTPUT_WIDTH, axis=1)
    drawn = np.concatenate([matrix[:, :inputs], blank, output], axis=1)
    mesh = theme.weight_heatmap(ax, drawn, limit)
    ax.axvline(3, color=theme.THEORY, lw=0.6)
    ax.axvline(inputs - 1, color=theme.THEORY, lw=0.6)
    ax.set_xticks(
        [1.5, (3 + inputs - 1) / 2, inputs - 1.5, inputs + GAP + OUTPUT_WIDTH / 2 + 0.5],
        ["0-2", "distractors", "bias", "out"],
        rotation=90,
        fontsize=7,
    )
    ax.get_xticklabels()[1].set_rotation(0)
    ax.tick_params(length=0)
    return mesh
