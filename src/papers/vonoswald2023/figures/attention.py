"""First-layer attention and deep weight products: Figures 3A, 10, 14 and 15."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame

from papers.vonoswald2023.figures import looks_plain as looks
from papers.vonoswald2023.tables.attention import PLACES
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
SHOWN = 20
"""Last positions of a map."""
DISTANCES = ("t", "t - 1", "t - 2", "rest")


def average(tables: Tables) -> Figure:
    """Figure 3A: the mean over heads of the first layer of the softmax network."""
    table, mass = (tables[name] for name in ("attention_maps", "attention_mass"))
    own = table[table["run"] == "softmax7"]
    figure, (left, right) = theme.figure("column", 3.3, ncols=2, width_ratios=[1.15, 1])
    mean = own.groupby(["t", "seen"], as_index=False)["mean"].mean()
    mesh = _map(left, mean, None)
    left.set_ylabel("token, t")
    theme.colorbar(mesh, left, "attention weight")
    _masses(right, mass[mass["run"] == "softmax7"], "softmax7")
    stored = looks.published(tables["plain_published"], "fig14", model="softmax7")
    mean_stored = stored.groupby("quantity", as_index=False)["value"].mean()
    looks.marks(right, _by_place(mean_stored), theme.REFERENCE, "place")
    right.set_ylabel("mass, t ≥ 10, mean over heads")
    return figure


def softmax_heads(tables: Tables) -> Figure:
    """Figure 14: heads of the softmax network."""
    return _heads(tables, "softmax7")


def hybrid_heads(tables: Tables) -> Figure:
    """Figure 15: heads of the hybrid network."""
    return _heads(tables, "hybrid")


def weights(tables: Tables) -> Figure:
    """Figure 10: products of weights by layer and head."""
    table, shares = tables["softmax_weights"], tables["softmax_diagonals"]
    index = ["layer", "head", "product"]
    known = shares.set_index(index)["share"] if len(shares) else shares
    groups = dict(list(table.groupby(index)))
    layers = sorted(table["layer"].unique()) or [0]
    heads = max(table["head"].max(), 1) if len(table) else 1
    figure, axes = theme.figure(
        "wide", 0.3 + 0.95 * len(layers), nrows=len(layers), ncols=2 * heads, squeeze=False
    )
    for row, layer in zip(axes, layers, strict=True):
        places = [(product, head + 1) for product in ("KQ", "PV") for head in range(heads)]
        for ax, (product, head) in zip(row, places, strict=True):
            key = (layer, head, product)
            if key not in groups:
                ax.axis("off")
                continue
            columns = [name for name in groups[key] if name.startswith("in_")]
            theme.weight_heatmap(ax, groups[key][columns].to_numpy(float))
            ax.set_aspect("equal")
            ax.set_xlabel(f"{known[key]:.2f}", fontsize=7, labelpad=1.5)
            if layer == layers[0]:
                ax.set_title(f"{product}, head {head}", fontsize=7)
        row[0].set_ylabel(f"layer {layer}")
    return figure


def _heads(tables: Tables, run: str) -> Figure:
    table, mass = (tables[name] for name in ("attention_maps", "attention_mass"))
    own = table[table["run"] == run]
    heads = sorted(own["head"].unique()) or [1]
    mass = mass[mass["run"] == run]
    figure, axes = theme.figure(
        "wide", 4.1, nrows=2, ncols=len(heads), squeeze=False, height_ratios=[1.25, 1]
    )
    mesh: Any = None
    stored = looks.published(tables["plain_published"], "fig14", model=run)
    rank = dict(zip(_by_previous(mass), _by_previous(_wide(stored)), strict=False))
    for (top, bottom), head in zip(axes.T, heads, strict=True):
        mesh = _map(top, own[own["head"] == head], 1.0)
        top.set_title(f"head {head}")
        _masses(bottom, mass[mass["head"] == head], run)
        twin = stored[stored["head"] == rank.get(head)]
        looks.marks(bottom, _by_place(twin), theme.REFERENCE, "place")
    axes[0, 0].set_ylabel("token, t")
    axes[1, 0].set_ylabel("mass, t ≥ 10")
    for ax in axes[1, 1:]:
        ax.set_yticklabels([])
    theme.colorbar(mesh, axes[0].tolist(), "weight")
    return figure


def _map(ax: Axes, rows: DataFrame, limit: float | None) -> Any:
    """Without ``limit`` the largest weight shown is the end of the scale."""
    last = int(rows["t"].max()) if len(rows) else 1
    first = max(last - SHOWN, 0)
    matrix = np.full((last - first, last - first), np.nan)
    shown = rows[(rows["t"] > first) & (rows["seen"] > first)]
    place = (shown[name].to_numpy(int) - first - 1 for name in ("t", "seen"))
    matrix[tuple(place)] = shown["mean"]
    edges = np.arange(first, last + 1) + 0.5
    mesh = ax.pcolormesh(
        edges, edges, matrix, cmap=theme.AMOUNTS, vmin=0, vmax=limit, rasterized=True
    )
    ax.invert_yaxis()
    ax.set(aspect="equal", xlabel="seen token, t'")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(4, integer=True))
    return mesh


def _masses(ax: Axes, rows: DataFrame, run: str) -> None:
    values = rows[list(PLACES)].to_numpy(float).mean(axis=0) if len(rows) else np.zeros(len(PLACES))
    ax.bar(range(len(values)), values, color=looks.NAMES[run][1], width=0.7)
    ax.set_xticks(range(len(DISTANCES)), DISTANCES, fontsize=7)
    ax.set_ylim(0, 1)


def _by_previous(mass: DataFrame) -> list[int]:
    """Heads, that with most mass on the previous token first."""
    return [int(head) for head in mass.sort_values("previous", ascending=False)["head"]]


def _wide(stored: DataFrame) -> DataFrame:
    """A row per head and a column per place."""
    chosen = stored.assign(value=stored["value"].astype(float))
    wide = chosen.pivot_table(index="head", columns="quantity", values="value")
    return wide.reindex(columns=list(PLACES)).reset_index()


def _by_place(stored: DataFrame) -> DataFrame:
    order = {name: number for number, name in enumerate(PLACES)}
    return stored.assign(place=stored["quantity"].map(order))
