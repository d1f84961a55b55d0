"""Controls of Figure 4, ours: combinations are in training, too, or one class alone."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import (
    MIXTURE,
    NETWORK,
    curve,
    note,
    of_quantity,
    weight_axis,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]


def control(tables: Tables) -> Figure:
    """Error relative to the variance, with and without combinations, or one class, in training."""
    table = of_quantity(tables["curve_networks"], "nmse")
    n = table.loc[table["model"] == "curves", "n"].max()
    at = table[table["n"] == n]
    figure, ax = theme.figure("column", 3.3)
    names = {
        "curves": ("lines and sines", NETWORK, "-"),
        "curves_control": ("and combinations", MIXTURE, "-"),
        "lines_alone": ("lines alone", theme.REFERENCE, "--"),
        "sines_alone": ("sines alone", theme.CATEGORIES[3], "--"),
    }
    lines = {}
    for model, (text, color, style) in names.items():
        if not (rows := at[at["model"] == model]).empty:
            lines[text] = curve(ax, rows, "alpha", color, y="value", marker="o", ms=3.5, ls=style)
    weight_axis(ax)
    ax.set(ylabel="squared error / variance of f", yscale="log")
    theme.label_ends(ax, lines)
    note(ax, f"after {n:g} examples")
    return figure
