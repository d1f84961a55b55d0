"""Linear networks on another kind of system: Figures 11 and 12."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from pandas import DataFrame

from papers.vonoswald2023.figures.axes import LOSS, plain_ticks
from papers.vonoswald2023.figures.linear_networks import (
    ALGORITHMS,
    LOSS_BY_T,
    NAMES,
    beside_a_step,
    color_of,
    depths,
    plain_name,
)
from papers.vonoswald2023.figures.probes import OVER_INPUT, by_layer
from papers.vonoswald2023.figures.seeds import first_seed
from papers.vonoswald2023.figures.stored_points import STORED, STORED_MARK, stored_points
from papers.vonoswald2023.figures.weight_products import ONE_LAYER, TITLES, product_panels
from reprise.plotting import theme
from reprise.plotting.numbers import number, percent

Tables = Mapping[str, DataFrame]
CONTROLS = ["pr2_lagged", "least_squares"]
HOLDS = {"current": "$s_t$", "previous": "$s_{t-1}$", "output": "the output"}
"""What the slot of a block holds."""


def system_panels(tables: Tables, system: str) -> Figure:
    """Losses, probes and depths of the networks on one kind of system."""
    figure, axes = theme.figure("wide", 5.4, nrows=2, ncols=2)
    layout: Any = figure.get_layout_engine()
    layout.set(wspace=0.05)
    theme.key(figure, {STORED: STORED_MARK})
    losses = tables[f"{system}_losses"]
    beside_a_step(axes[0, 0], losses, f"{system}_lsa1")
    axes[0, 0].legend(fontsize=7)
    axes[0, 0].set_title("A  one layer")
    probes = tables[f"{system}_probes"]
    layers = by_layer(axes[0, 1], probes, "preconditioned", over_input=True)
    theme.label_ends(axes[0, 1], layers)
    axes[0, 1].set_title("B  preconditioned input")
    axes[0, 1].set_ylabel(OVER_INPUT)
    plain_ticks(axes[0, 1])
    models = [f"{system}_{name}" for name in ("lsa1", "lsa2", "lsa4", "lsa6", "mesa")]
    theme.label_ends(axes[1, 0], depths(axes[1, 0], losses, models, CONTROLS, intervals=False))
    axes[1, 0].set_title("C  depth")
    _means(axes[1, 1], losses, [*models, *CONTROLS])
    return figure


def system_weights(tables: Tables, system: str) -> Figure:
    """Weight products of one layer, every head, and the block that has most of them."""
    table, structure = tables[f"{system}_weights"], tables["linear_structure"]
    heads = sorted(table["head"].unique())
    figure, axes = theme.figure("wide", 2.1 * len(heads) + 0.6, nrows=len(heads), ncols=2)
    axes = np.atleast_2d(axes)
    mesh = product_panels(axes, table, 1, heads, ONE_LAYER)
    theme.colorbar(mesh, list(np.ravel(axes)), "weight")
    own = first_seed(structure[structure["model"] == f"{system}_lsa1"]).set_index("matrix")
    for ax, matrix in zip(axes[-1], TITLES, strict=True):
        row, column = (HOLDS.get(slot, slot) for slot in own["largest"][matrix].split(" x "))
        place = f"key {row}, query {column}" if matrix == "KQ" else f"from {column} to {row}"
        ax.set_xlabel(f"{percent(own['largest_share'][matrix])} of the squared norm: {place}")
    return figure


def _means(ax: Axes, losses: DataFrame, models: list[str]) -> None:
    """Mean losses over t, the authors' open; in numbers, how the loss ends over how it begins."""
    known = NAMES | ALGORITHMS
    means, by_t = (losses[losses["quantity"] == name] for name in ("mean_loss", LOSS_BY_T))
    changes = []
    for place, model in enumerate(models):
        own = means[means["model"] == model].assign(place=place)
        ours = own[own["source"] == "ours"]
        reach = [ours["value"] - ours["low"], ours["high"] - ours["value"]]
        marks: dict[str, Any] = {"fmt": "o", "ms": 4.5, "lw": 1.2, "color": color_of(model)}
        ax.errorbar(ours["value"], ours["place"], xerr=reach, **marks)
        stored_points(ax, own[own["source"] == "authors"], "value", "place", color_of(model))
        curve = by_t[(by_t["model"] == model) & (by_t["source"] == "ours")]
        ends = curve.groupby("t")["value"].mean().dropna()
        changes.append(number(ends.iloc[-1] / ends.iloc[0], 2) if len(ends) else "")
    ax.set_title("mean over t")
    ax.set_yticks(range(len(models)), [known[plain_name(model)][0] for model in models])
    ax.tick_params(axis="y", labelsize=7.5)
    ax.set(xscale="log", xlabel=LOSS, ylim=(len(models) - 0.5, -0.5))
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    beside = ax.secondary_yaxis("right")
    beside.set_yticks(range(len(models)), changes, fontsize=7.5)
    beside.set_ylabel("at the last t / at the first", fontsize=7.5)
    beside.tick_params(length=0)
    beside.spines["right"].set_visible(False)
