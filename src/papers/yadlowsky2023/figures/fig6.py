"""Figure 6: sines of other frequencies, and the tail test."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from pandas import DataFrame

from papers.yadlowsky2023.figures.fig4 import draw_prompt, name_lines
from papers.yadlowsky2023.figures.style import (
    curve,
    dashed,
    note,
    say_curve_gate,
    say_gate,
    shade,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
TRAINED = (1.0, 5.0)
TAIL = (0.6875, 7.04)
"""Percentiles 1 and 99 of the tail test's law of frequencies."""
TAIL_LEARNED = 0.05
"""Largest error over the variance, at the median frequency, of a network that has learned it."""


def fig6(tables: Tables) -> Figure:
    """Error on sines of one frequency, for every number of examples; below, examples of sines."""
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 4.9))
    grid = figure.add_gridspec(2, 1, height_ratios=[3.3, 1.6])
    top, bottom = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    left, right = top.subplots(1, 2, sharey=True)
    _panel(left, tables["frequency_errors"], TRAINED, "trained on 1 to 5")
    _panel(right, tables["tail_errors"], TAIL, "trained on a law with tails")
    left.set_ylabel("squared error")
    note(left, "dashed: exact Bayes\ngrey: predicting 0", x=0.04)
    note(right, "shaded: 98 % of training\none network", x=0.04)
    _draw_examples(bottom, tables["frequency_examples"])
    say_curve_gate(figure, tables["curve_networks"])
    tail = tables["tail_errors"]
    median = tail[(tail["quantity"] == "median_nmse") & (tail["model"] == "network")]["value"]
    say_gate(figure, median / TAIL_LEARNED, "on the right, the error at the median frequency")
    return figure


def _draw_examples(part: SubFigure, table: DataFrame) -> None:
    groups = list(table.groupby("frequency"))
    axes = part.subplots(1, len(groups), sharey=True)
    for ax, (frequency, rows) in zip(axes, groups, strict=True):
        draw_prompt(ax, rows)
        ax.set_title(f"frequency {frequency:g}", fontsize=8.5)
        ax.set_xlabel("x")
    axes[0].set_ylabel("y")
    name_lines(axes[-1])


def _panel(ax: Axes, table: DataFrame, trained: tuple[float, float], title: str) -> None:
    shade(ax, *trained)
    ax.axhline(0.5, color=theme.MUTED, lw=0.8)
    table = table[(table["quantity"] == "mse") & table["frequency"].notna()]
    lines = {}
    examples = sorted(table["n"].unique())
    for n, color in zip(examples, theme.ordered(len(examples)), strict=True):
        at = table[table["n"] == n].sort_values("frequency")
        network = at[at["model"] == "network"]
        lines[f"n = {n:g}"] = curve(ax, network, "frequency", color, y="value", marker="o", ms=3)
        exact = at[at["model"] == "bayes"]
        if len(exact):
            dashed(ax, exact, "frequency", y="value").set_color(color)
    ax.set(xscale="log", yscale="log", xlabel="frequency (rad per unit of x)", title=title)
    theme.hold(ax, 1e-4, 3)
    ax.set_xticks([0.1, 0.3, 1, 3, 10], ["0.1", "0.3", "1", "3", "10"])
    ax.minorticks_off()
    theme.label_ends(ax, lines)
