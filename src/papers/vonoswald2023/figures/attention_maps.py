"""Attention of the first layer of softmax networks: Figures 3A, 14 and 15."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import NAMES
from papers.vonoswald2023.figures.seeds import first_seed
from papers.vonoswald2023.figures.stored_points import of_figure, stored_points
from papers.vonoswald2023.tables.attention import PLACES
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
SHOWN = 20
"""Last positions of a map."""
DISTANCES = ("t", "t − 1", "t − 2", "rest")


def heads_above_masses(tables: Tables, run: str) -> Figure:
    """A column per head of the network ``run``: its map, and below it its mass by distance."""
    table, mass = (tables[name] for name in ("attention_maps", "attention_mass"))
    own = table[table["model"] == run]
    heads = sorted(own["head"].unique()) or [1]
    mass = first_seed(mass[mass["model"] == run])
    figure, axes = theme.figure(
        "wide", 4.1, nrows=2, ncols=len(heads), squeeze=False, height_ratios=[1.25, 1]
    )
    mesh: Any = None
    stored = of_figure(tables["plain_published"], "fig14", model=run)
    rank = dict(zip(_by_previous(mass), _by_previous(_wide(stored)), strict=False))
    for (top, bottom), head in zip(axes.T, heads, strict=True):
        mesh = attention_map(top, own[own["head"] == head], 1.0)
        top.set_title(f"head {head}")
        mass_bars(bottom, mass[mass["head"] == head], run)
        twin = stored[stored["head"] == rank.get(head)]
        stored_points(bottom, by_place(twin), "place", "value", theme.REFERENCE)
    axes[0, 0].set_ylabel("token, t")
    axes[1, 0].set_ylabel("mass, t ≥ 10")
    for ax in axes[1, 1:]:
        ax.set_yticklabels([])
    if len(stored):
        theme.say(figure, "Circles: from the authors' parameters, heads by mass on t − 1.")
    theme.colorbar(mesh, axes[0].tolist(), "attention weight")
    return figure


def attention_map(ax: Axes, rows: DataFrame, limit: float | None) -> Any:
    """Weights of the last positions; ``limit`` ends the scale, by default a high percentile."""
    last = int(rows["t"].max()) if len(rows) else 1
    first = max(last - SHOWN, 0)
    matrix = np.full((last - first, last - first), np.nan)
    shown = rows[(rows["t"] > first) & (rows["seen"] > first)]
    place = (shown[name].to_numpy(int) - first - 1 for name in ("t", "seen"))
    matrix[tuple(place)] = shown["mean"]
    edges = np.arange(first, last + 1) + 0.5
    mesh = theme.amount_heatmap(ax, matrix, limit, edges=(edges, edges))
    ax.set(aspect="equal", xlabel="seen token, t'")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(4, integer=True))
    return mesh


def mass_bars(ax: Axes, rows: DataFrame, run: str) -> None:
    """Mean mass of the heads ``rows`` by distance."""
    values = rows[list(PLACES)].to_numpy(float).mean(axis=0) if len(rows) else np.zeros(len(PLACES))
    ax.bar(range(len(values)), values, color=NAMES[run][1], width=0.7)
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


def by_place(stored: DataFrame) -> DataFrame:
    """The authors' masses with the place of their bar."""
    order = {name: number for number, name in enumerate(PLACES)}
    return stored.assign(place=stored["quantity"].map(order))
