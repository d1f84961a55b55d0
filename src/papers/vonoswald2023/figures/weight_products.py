"""Weight products of linear networks as heatmaps: Figures 3B, 9, 11 and 12."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from pandas import DataFrame

from reprise.plotting import theme

TITLES = {"KQ": "$W_K^T W_Q$", "PV": "$P\\,W_V$"}
PERCENTILE = 99.5
"""Of absolute weights, ends the scale: a diagonal is a hundredth of a product's entries."""
ONE_LAYER = ("out", "$s_t$", "$s_{t-1}$")
"""Slots of the tokens of one layer that hold something."""


def product_panels(
    axes: np.ndarray,
    table: DataFrame,
    layer: int,
    heads: Sequence[int],
    slots: Sequence[str],
    small: bool = False,
) -> QuadMesh:
    """A row per head and a column per product; one scale for all, or one per product if small."""
    own = table[table["layer"] == layer]
    entries = [column for column in own.columns if column.startswith("c") and column[1:].isdigit()]
    entries = [column for column in entries if own[column].notna().all()]
    largest = own.groupby("matrix")[entries].apply(
        lambda rows: float(np.percentile(np.abs(rows.to_numpy()), PERCENTILE)) or 1e-9
    )
    limits = largest if small else largest.clip(lower=largest.max())
    mesh = None
    for row, head in enumerate(heads):
        for column, matrix in enumerate(TITLES):
            ax = axes[row, column]
            chosen = own[(own["matrix"] == matrix) & (own["head"] == head)].sort_values("row")
            mesh = theme.weight_heatmap(ax, chosen[entries].to_numpy(float), limits[matrix])
            ax.set_aspect("equal")
            _slots(ax, len(entries), slots, small)
            if small:
                ax.set_xlabel(theme.scale_text(mesh), fontsize=7, labelpad=1.5)
            else:
                ax.set_title(f"{TITLES[matrix]}, head {head}", fontsize=8.5)
    assert mesh is not None
    return mesh


def _slots(ax: Axes, width: int, slots: Sequence[str], small: bool) -> None:
    """Thin lines between slots, and what they hold."""
    size = width / len(slots)
    for edge in range(1, len(slots)):
        ax.axhline(edge * size, color=theme.MUTED, lw=0.4)
        ax.axvline(edge * size, color=theme.MUTED, lw=0.4)
    if not small:
        centres = [(place + 0.5) * size for place in range(len(slots))]
        ax.set_xticks(centres, slots, fontsize=7)
        ax.set_yticks(centres, slots, fontsize=7, rotation=0)
        ax.tick_params(length=0)
