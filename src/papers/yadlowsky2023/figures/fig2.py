"""Figure 2: learning curves on dense (a) and on sparse (b) linear functions."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import (
    DENSE_ONLY,
    MIXTURE,
    SPARSE_ONLY,
    curve,
    dashed,
    percent,
    say_linear_gate,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
TOP = 1.6
"""Upper end of the error axes: 1 is predicting zero, the sparse-only network can be worse."""


def fig2a(tables: Tables) -> Figure:
    """Learning curves on dense functions, with least squares."""
    figure, ax = theme.figure("column", 3.9)
    _curves(ax, tables["linear_errors"], "dense", {"least_squares": ("least squares", "--")})
    say_linear_gate(figure, tables["linear_summary"])
    return figure


def fig2b(tables: Tables) -> Figure:
    """Learning curves on sparse functions, with the lasso."""
    figure, ax = theme.figure("column", 3.9)
    estimators = {"least_squares": ("least squares", ":"), "lasso": ("lasso", "--")}
    _curves(ax, tables["linear_errors"], "sparse", estimators)
    say_linear_gate(figure, tables["linear_summary"])
    return figure


def _curves(
    ax: Axes, table: DataFrame, label: str, estimators: Mapping[str, tuple[str, str]]
) -> None:
    own = table[table["class"] == label]
    networks = own[own["model"] == "network"]
    mixtures = [w for w in networks["weight"].unique() if 0 < w < 1]
    colors = theme.ordered(len(mixtures)) if len(mixtures) > 1 else [MIXTURE]
    shades = dict(zip(sorted(mixtures), colors, strict=True))
    for weight, rows in networks.groupby("weight"):
        color = {0.0: SPARSE_ONLY, 1.0: DENSE_ONLY}.get(weight) or shades[weight]
        curve(ax, rows, "n", color, label=percent(weight))
    for model, (text, style) in estimators.items():
        dashed(ax, own[own["model"] == model], "n", style=style).set_label(text)
    for weight, text in ((0.5, "exact Bayes, 50 %"), (0.0, "exact Bayes, sparse only")):
        exact = own[(own["model"] == "bayes") & np.isclose(own["weight"], weight)]
        (drawn,) = ax.plot(exact["n"], exact["mse"], label=text)
        drawn.set(color=theme.REFERENCE, ls="-." if weight else (0, (1, 3)), lw=1, zorder=2)
    ax.set_xlim(0, own["n"].max())
    theme.cut(ax, -0.03, TOP, f"Errors above {TOP:g} leave the axes.")
    ax.set(xlabel="examples in the context, n", ylabel=f"squared error on {label} functions")
    ax.legend(loc="upper right", handlelength=2.2, labelspacing=0.3)
