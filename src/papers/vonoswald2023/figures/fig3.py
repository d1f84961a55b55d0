"""Figure 3: first-layer attention (A) and the weights of one linear layer (B)."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.attention_maps import attention_map, by_place, mass_bars
from papers.vonoswald2023.figures.plain_networks import NAMES
from papers.vonoswald2023.figures.stored_points import (
    STORED,
    STORED_MARK,
    of_figure,
    stored_points,
)
from papers.vonoswald2023.figures.weight_products import ONE_LAYER, product_panels
from papers.vonoswald2023.tables.attention import PLACES
from reprise.plotting import theme
from reprise.plotting.numbers import percent

Tables = Mapping[str, DataFrame]
NEWEST = PLACES[:2]
"""Where a head that binds two tokens has its mass."""


def fig3a(tables: Tables) -> Figure:
    """The mean over heads of the first layer of the softmax network."""
    table, mass = (tables[name] for name in ("attention_maps", "attention_mass"))
    own = table[table["model"] == "softmax7"]
    figure, (left, right) = theme.figure("column", 3.3, ncols=2, width_ratios=[1.15, 1])
    mean = own.groupby(["t", "seen"], as_index=False)["mean"].mean()
    mesh = attention_map(left, mean, None)
    left.set_ylabel("token, t")
    theme.colorbar(mesh, left, "attention weight")
    ours = mass[mass["model"] == "softmax7"]
    mass_bars(right, ours, "softmax7")
    seeds = ours.groupby("seed")[list(PLACES)].mean()
    style = {"ls": "none", "marker": "_", "ms": 16, "color": theme.INK}
    for values in seeds.to_numpy():
        right.plot(range(len(PLACES)), values, **style)
    stored = of_figure(tables["plain_published"], "fig14", model="softmax7")
    theirs = stored.assign(value=stored["value"].astype(float)).groupby("quantity")["value"].mean()
    stored_points(right, by_place(theirs.reset_index()), "place", "value", theme.REFERENCE)
    right.set_ylabel("mass, t ≥ 10, mean over heads")
    bar = {"ls": "none", "marker": "s", "ms": 7, "color": NAMES["softmax7"][1]}
    known = {STORED: STORED_MARK} if len(theirs) else {}
    theme.key(figure, {"mean over seeds": bar, "a seed": style} | known)
    newest = list(NEWEST)
    if len(seeds):
        theme.say(figure, f"Mass on t and t − 1: {percent(seeds.mean()[newest].sum())}.")
    if len(theirs):
        theme.say(figure, f"Of the authors' network: {percent(theirs[newest].sum())}.")
    return figure


def fig3b(tables: Tables) -> Figure:
    """Both products of every head of one layer."""
    table = tables["linear_weights"]
    heads = sorted(table["head"].unique())
    figure, axes = theme.figure("wide", 2.1 * len(heads) + 0.3, nrows=len(heads), ncols=2)
    mesh = product_panels(np.atleast_2d(axes), table, 1, heads, ONE_LAYER)
    theme.colorbar(mesh, list(np.ravel(axes)), "weight")
    return figure
