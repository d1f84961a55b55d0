"""Weight products of linear networks: Figures 3B, 9 and 13."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
TITLES = {"KQ": "$W_K^T W_Q$", "PV": "$P\\,W_V$"}
ONE_LAYER = ("out", "$s_t$", "$s_{t-1}$")
DEEP = ("out", "$s_t$", "$s_t$", "$s_{t-1}$")


def one_layer(tables: Tables) -> Figure:
    """Figure 3B: both products of every head of one layer."""
    table = tables["linear_weights"]
    heads = sorted(table["head"].unique())
    figure, axes = theme.figure("wide", 2.1 * len(heads) + 0.3, nrows=len(heads), ncols=2)
    mesh = panels(np.atleast_2d(axes), table, 1, heads, ONE_LAYER)
    theme.colorbar(mesh, list(np.ravel(axes)), "weight")
    return figure


def deep(tables: Tables) -> Figure:
    """Figure 9: both products of every head in some layers, each layer with its own scale."""
    table = tables["deep_weights"]
    heads, layers = sorted(table["head"].unique()), sorted(table["layer"].unique())
    columns = 2 * len(heads)
    figure, axes = theme.figure(
        "wide", 0.92 * len(layers) + 0.45, nrows=len(layers), ncols=columns, squeeze=False
    )
    for row, layer in enumerate(layers):
        grid = np.array([axes[row, [2 * place, 2 * place + 1]] for place in range(len(heads))])
        panels(grid, table, layer, heads, DEEP, small=True)
        axes[row, 0].set_ylabel(f"layer {layer}", fontsize=8)
    for place, head in enumerate(heads):
        for side, matrix in enumerate(TITLES):
            axes[0, 2 * place + side].set_title(f"{TITLES[matrix]}\nhead {head}", fontsize=7)
    return figure


def panels(
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
        lambda rows: float(np.abs(rows.to_numpy()).max())
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
            if not small:
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
