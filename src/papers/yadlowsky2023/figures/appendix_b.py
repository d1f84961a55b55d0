"""Appendix B: a class that is rare in training."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import (
    DENSE_ONLY,
    curve,
    dashed,
    note,
    percent,
    say_linear_gate,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]


def appendix_b(tables: Tables) -> Figure:
    """Learning curves on a class that is rare in training."""
    table = tables["rare_errors"]
    figure, ax = theme.figure("column", 3.5)
    weights = sorted(table["weight"].unique())
    colors = [*theme.CATEGORIES[3 : 3 + len(weights) - 1], DENSE_ONLY]
    lines = {}
    for weight, color in zip(weights, colors, strict=True):
        own = table[np.isclose(table["weight"], weight)]
        network = own[own["model"] == "network"]
        exact = dashed(ax, own[own["model"] == "bayes"], "n")
        exact.set_color(color)
        # At the cpu scale no network saw dense functions rarely.
        line = curve(ax, network, "n", color) if len(network) else exact
        lines[percent(weight)] = line
    theme.hold(ax, -0.03, 1.6)
    ax.set_xlim(0, table["n"].max())
    ax.set(xlabel="examples in the context, n", ylabel="squared error on dense functions")
    theme.label_ends(ax, lines)
    note(ax, "dashed: exact Bayes")
    say_linear_gate(figure, tables["linear_summary"])
    return figure
