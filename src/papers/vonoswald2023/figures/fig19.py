"""Figure 19: weights of softmax layers and of what they were distilled into."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.weight_products import TITLES
from reprise.plotting import theme
from reprise.plotting.numbers import number

KINDS = ("softmax", "linear")


def fig19(tables: Mapping[str, DataFrame]) -> Figure:
    """Products of the softmax layers above those of the linear ones."""
    table, summary = tables["distilled_weights"], tables["distilled_weights_summary"]
    cosines = summary.set_index("quantity")["value"]
    columns = [(layer, product) for layer in sorted(table["layer"].unique()) for product in TITLES]
    figure, axes = theme.figure("wide", 4.1, nrows=2, ncols=len(columns), squeeze=False)
    for column, (layer, product) in enumerate(columns):
        own = table[(table["layer"] == layer) & (table["product"] == product)]
        for ax, kind in zip(axes[:, column], KINDS, strict=True):
            scale = _picture(ax, own[own["kind"] == kind])
            ax.set_xlabel(scale, fontsize=8)
        axes[0, column].set_title(f"layer {layer}: {TITLES[product]}", fontsize=8.5)
        cosine = f"cosine {number(cosines[f'{product}_{layer}'], 2)}"
        axes[1, column].set_xlabel(f"{axes[1, column].get_xlabel()}, {cosine}", fontsize=8)
    for ax, kind in zip(axes[:, 0], KINDS, strict=True):
        ax.set_ylabel(kind)
    return figure


def _picture(ax: Axes, rows: DataFrame) -> str:
    """Draw one matrix; the end of its colours."""
    matrix = rows.pivot(index="row", columns="column", values="value").to_numpy(float)
    mesh = theme.weight_heatmap(ax, matrix)
    ax.set_aspect("equal")
    slots: Any = np.linspace(0, len(matrix), 5)[1:-1]
    for edge in slots:
        ax.axhline(edge, color=theme.MUTED, lw=0.4)
        ax.axvline(edge, color=theme.MUTED, lw=0.4)
    return theme.scale_text(mesh)
