"""Softmax layers and what they were distilled into: Figures 5A and 19."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from pandas import DataFrame

from papers.vonoswald2023.figures.stored import stored, stored_label
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]

PRODUCTS = {"KQ": r"$W_k^T W_q$", "PV": r"$P W_v$"}
KINDS = ("softmax", "linear")


def ratios(tables: Tables) -> Figure:
    """Figure 5A: what it costs to make one layer linear, a line per number of observations."""
    table, known = tables["distilled_layers"], tables["distilled_stored"]
    sizes = sorted(table["n"].unique())
    figure, ax = theme.figure("column", 3.4)
    lines = {}
    for n, color in zip(sizes, theme.ordered(len(sizes)), strict=True):
        rows = table[table["n"] == n].sort_values("layer")
        ax.fill_between(rows["layer"], rows["low"], rows["high"], color=color, alpha=0.25, lw=0)
        (lines[f"$n_s$ = {n:g}"],) = ax.plot(
            rows["layer"], rows["ratio"], color=color, marker="o", ms=3.5
        )
        own = known[known["n"] == n]
        stored(ax, own["layer"].tolist(), own["ratio"].tolist(), color)
    stored_label(ax)
    ax.axhline(1, color=theme.MUTED, lw=0.8, zorder=0)
    layers = sorted({*table["layer"], *known["layer"]})
    ax.set(xticks=layers, xlabel="layer made linear", ylabel="loss over that of the network")
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    theme.label_ends(ax, lines)
    ax.legend(handles=[ax.lines[-2]], loc="upper right")
    return figure


def weights(tables: Tables) -> Figure:
    """Figure 19: products of the softmax layers above those of the linear ones."""
    table, summary = tables["distilled_weights"], tables["distilled_weights_summary"]
    cosines = summary.set_index("quantity")["value"]
    columns = [
        (layer, product) for layer in sorted(table["layer"].unique()) for product in PRODUCTS
    ]
    figure, axes = theme.figure("wide", 4.1, nrows=2, ncols=len(columns), squeeze=False)
    for column, (layer, product) in enumerate(columns):
        own = table[(table["layer"] == layer) & (table["product"] == product)]
        for ax, kind in zip(axes[:, column], KINDS, strict=True):
            _picture(ax, own[own["kind"] == kind])
        axes[0, column].set_title(f"layer {layer}: {PRODUCTS[product]}", fontsize=8.5)
        axes[1, column].set_xlabel(f"cosine {cosines[f'{product}_{layer}']:.2f}", fontsize=8)
    for ax, kind in zip(axes[:, 0], KINDS, strict=True):
        ax.set_ylabel(kind)
    return figure


def _picture(ax: Axes, rows: DataFrame) -> None:
    matrix = rows.pivot(index="row", columns="column", values="value").to_numpy(float)
    theme.weight_heatmap(ax, matrix)
    ax.set_aspect("equal")
    slots: Any = np.linspace(0, len(matrix), 5)[1:-1]
    for edge in slots:
        ax.axhline(edge, color=theme.MUTED, lw=0.4)
        ax.axvline(edge, color=theme.MUTED, lw=0.4)
