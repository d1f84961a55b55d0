"""Losses of linear networks along training and along sequences: Figures 4A to D."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.looks_constructed import (
    NAMES,
    algorithm,
    color_of,
    network,
    published,
)
from papers.vonoswald2023.figures.stored import stored_label
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
LOSS = "squared error / 2"


def one_layer_courses(tables: Tables) -> Figure:
    """Figure 4A: one linear layer, its interpolation and the mesa-layer along training."""
    figure, ax = theme.figure("column", 3.6)
    table = tables["linear_courses"]
    lines = courses(ax, table, ["lsa1", "interpolation", "mesa1"])
    _level(ax, table, "gd1", "--", "one gradient step", dy=6)
    _level(ax, table, "compressed", "-", "12 numbers of the network", color_of("compressed"))
    theme.label_ends(ax, lines, gap=0.08)
    return figure


def deep_courses(tables: Tables) -> Figure:
    """Figure 4B: six linear layers, interpolation, compression and the mesa-layer."""
    figure, ax = theme.figure("column", 3.6)
    table = tables["deep_courses"]
    lines = courses(ax, table, ["lsa6", "interpolation", "mesa1"])
    _level(ax, table, "compressed", "-", "compressed network", color_of("compressed"), dy=9)
    theme.label_ends(ax, lines, gap=0.08)
    return figure


def courses(ax: Axes, table: DataFrame, models: Sequence[str]) -> dict[str, Line2D]:
    """Mean over members against the step, with the range of members."""
    lines = {}
    ours = table[table["source"] == "ours"]
    last = ours["step"].max()
    for model in models:
        by = ours[ours["model"] == model].groupby("step")["loss"]
        rows = DataFrame({"loss": by.mean(), "low": by.min(), "high": by.max()}).reset_index()
        lines[NAMES[model][0]] = network(ax, rows, model, "step")
        stored = table[(table["source"] == "authors") & (table["model"] == model)]
        published(ax, stored[stored["step"] <= last], color_of(model), "step")
    ax.set(yscale="log", ylabel=LOSS, xlim=(0, last))
    ax.set_yticks([0.2, 0.3, 0.5, 1.0, 1.7], ["0.2", "0.3", "0.5", "1", "1.7"])
    ax.minorticks_off()
    theme.step_axis(ax)
    return lines


def one_layer_positions(tables: Tables) -> Figure:
    """Figure 4C: one linear layer beside one gradient step, along sequences."""
    figure, ax = theme.figure("column", 3.4)
    beside_a_step(ax, tables["linear_positions"], "lsa1")
    ax.legend(loc="upper right")
    return figure


def beside_a_step(ax: Axes, table: DataFrame, model: str) -> None:
    """A network of one layer and gradient descent of one step."""
    ours, stored = _by_source(table)
    network(ax, ours[ours["model"] == model], model)
    algorithm(ax, ours[ours["model"] == "gd1"], "gd1")
    for name in (model, "gd1"):
        published(ax, stored[stored["model"] == name], color_of(name), "t")
    if len(stored):
        stored_label(ax)
    ax.set(ylabel=LOSS, ylim=(0, None), xlabel="observations seen, t", xlim=(1, ours["t"].max()))


def deep_positions(tables: Tables) -> Figure:
    """Figure 4D: depth, the mesa-layer, and what they are compared with."""
    figure, ax = theme.figure("column", 4.4)
    shown = ["pr2_lagged", "pr2", "iteration6", "least_squares"]
    models = ["lsa1", "lsa2", "lsa4", "lsa6", "mesa1"]
    lines = depths(ax, tables["linear_positions"], models, shown)
    theme.label_ends(ax, lines, gap=0.06)
    return figure


def depths(
    ax: Axes, table: DataFrame, models: Sequence[str], controls: Sequence[str]
) -> dict[str, Line2D]:
    """Networks of several depths and algorithms on a logarithmic scale; name -> line."""
    ours, stored = _by_source(table)
    drawn = [network(ax, ours[ours["model"] == model], model) for model in models]
    drawn += [algorithm(ax, ours[ours["model"] == control], control) for control in controls]
    for model in (*models, *controls):
        published(ax, stored[stored["model"] == model], color_of(model), "t")
    ax.set(yscale="log", ylabel=LOSS, xlabel="observations seen, t", xlim=(1, ours["t"].max()))
    return {str(line.get_label()): line for line in drawn}


def _by_source(table: DataFrame) -> tuple[DataFrame, DataFrame]:
    return table[table["source"] == "ours"], table[table["source"] == "authors"]


def _level(
    ax: Axes,
    table: DataFrame,
    model: str,
    style: str,
    text: str,
    color: str = theme.THEORY,
    dy: float = -7,
) -> None:
    rows = table[(table["model"] == model) & (table["source"] == "ours")]
    height = rows["loss"].mean()
    ax.axhline(height, color=color, ls=style, lw=1.1, zorder=3)
    theme.direct_label(ax, ax.get_xlim()[1], height, text, color, dx=-4, dy=dy, ha="right")
