"""Least squares and softmax kernel regression over the size of states: Figures 5B and 20."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from pandas import DataFrame

from reprise.plotting import theme

PREDICTORS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "zero": ("zero predictor", theme.MUTED, {"ls": ":", "lw": 1.1}),
    "kernel": ("softmax kernel regression", theme.CATEGORIES[4], {"marker": "o", "ms": 3.5}),
    "least_squares": ("least squares", theme.THEORY, {"ls": "--", "marker": "s", "ms": 3}),
}
"""Predictor -> its name, its colour and the look of its line."""
LOSS_PER_NUMBER = "squared error / (2 $n_s$)"


def size_lines(ax: Axes, table: DataFrame) -> dict[str, Line2D]:
    """Losses of every predictor over the size; name -> line."""
    lines = {}
    for model, (text, color, style) in PREDICTORS.items():
        rows = table[table["model"] == model].sort_values("n")
        lines[text] = theme.line_with_band(ax, rows, "n", "value", color, label=text, **style)
    ax.set(xscale="log", xlabel="numbers of a state, $n_s$")
    sizes = sorted(table["n"].unique())
    ax.set_xticks(sizes, [f"{n:g}" for n in sizes])
    ax.minorticks_off()
    return lines
