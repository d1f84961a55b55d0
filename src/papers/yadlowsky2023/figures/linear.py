"""Dense and sparse linear functions: Figures 1 and 2."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.common import (
    DENSE_ONLY,
    SPARSE_ONLY,
    curve,
    dashed,
    note,
    percent,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
TOP = 1.6
"""Upper end of the error axes: 1 is predicting zero, the sparse-only network can be worse."""


def weights(tables: Tables) -> Figure:
    """Figure 1: error at two numbers of examples against the share of dense functions."""
    table = tables["linear_errors"]
    dims = int((table["n"].max()) // 2)
    examples = (dims // 2 + (1 if dims < 20 else 0), dims)
    figure, axes = theme.figure("wide", 3.1, ncols=2)
    for ax, label in zip(axes, ("dense", "sparse"), strict=True):
        lines = {}
        for n, color in zip(examples, theme.CATEGORIES[:2], strict=True):
            at = table[(table["class"] == label) & (table["n"] == n)].sort_values("weight")
            network = at[at["model"] == "network"]
            lines[f"n = {n}"] = curve(ax, network, "weight", color, marker="o", ms=3.5)
            exact = dashed(ax, at[at["model"] == "bayes"], "weight")
            exact.set_color(color)
            seeds = at[at["model"].str.startswith("another_seed")]
            ax.plot(seeds["weight"], seeds["mse"], "o", ms=3.5, mfc="none", mec=color, zorder=3)
        ax.set(xlim=(-0.03, 1.03), xlabel="share of dense functions in training")
        ax.set_ylim(-0.03, min(TOP, 1.1 * ax.get_ylim()[1]))
        ax.set_title(f"on {label} functions")
        theme.label_ends(ax, lines)
    axes[0].set_ylabel("squared error")
    note(axes[0], "dashed: exact Bayes\nrings: other seeds")
    return figure


def dense(tables: Tables) -> Figure:
    """Figure 2a: learning curves on dense functions, with least squares."""
    figure, ax = theme.figure("column", 3.9)
    _curves(ax, tables["linear_errors"], "dense", {"least_squares": ("least squares", "--")})
    return figure


def sparse(tables: Tables) -> Figure:
    """Figure 2b: learning curves on sparse functions, with the lasso."""
    figure, ax = theme.figure("column", 3.9)
    estimators = {"least_squares": ("least squares", ":"), "lasso": ("lasso", "--")}
    _curves(ax, tables["linear_errors"], "sparse", estimators)
    return figure


def _curves(
    ax: Axes, table: DataFrame, label: str, estimators: Mapping[str, tuple[str, str]]
) -> None:
    own = table[table["class"] == label]
    networks = own[own["model"] == "network"]
    mixtures = [w for w in networks["weight"].unique() if 0 < w < 1]
    shades = dict(zip(sorted(mixtures), theme.ordered(len(mixtures) + 1)[1:], strict=True))
    for weight, rows in networks.groupby("weight"):
        color = {0.0: SPARSE_ONLY, 1.0: DENSE_ONLY}.get(weight) or shades[weight]
        curve(ax, rows, "n", color, label=percent(weight))
    for model, (text, style) in estimators.items():
        dashed(ax, own[own["model"] == model], "n", style=style).set_label(text)
    exact = own[(own["model"] == "bayes") & np.isclose(own["weight"], 0.5)]
    (drawn,) = ax.plot(exact["n"], exact["mse"], label="exact Bayes, 50 %")
    drawn.set(color=theme.REFERENCE, ls="-.", lw=1, zorder=2)
    ax.set(xlim=(0, own["n"].max()), ylim=(-0.03, TOP))
    ax.set(xlabel="examples in the context, n", ylabel=f"squared error on {label} functions")
    ax.legend(loc="upper right", handlelength=2.2, labelspacing=0.3)
