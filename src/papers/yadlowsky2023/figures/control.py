"""The positive control, ours: combinations are in training, too."""

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
    """Error relative to the variance, with and without combinations in training."""
    table = of_quantity(tables["curve_networks"], "nmse")
    n = table.loc[table["model"] == "curves", "n"].max()
    at = table[table["n"] == n]
    figure, ax = theme.figure("column", 3.3)
    names = {
        "curves": ("lines and sines", NETWORK),
        "curves_control": ("and combinations", MIXTURE),
    }
    lines = {}
    for model, (text, color) in names.items():
        rows = at[at["model"] == model]
        lines[text] = curve(ax, rows, "alpha", color, y="value", marker="o", ms=3.5)
    weight_axis(ax)
    ax.set(ylabel="squared error / variance of f", ylim=(0, None))
    theme.label_ends(ax, lines)
    note(ax, f"after {n:g} examples")
    return figure
