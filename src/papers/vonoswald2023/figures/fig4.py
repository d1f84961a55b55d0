"""Figure 4: linear networks along training (A, B), along sequences (C, D) and inside (E, F)."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.linear_networks import (
    LOSS,
    NAMES,
    beside_a_step,
    color_of,
    depths,
    network,
)
from papers.vonoswald2023.figures.probes import COLUMNS, by_layer
from papers.vonoswald2023.figures.stored_points import stored_label, stored_points
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]


def fig4a(tables: Tables) -> Figure:
    """One linear layer, its interpolation and the mesa-layer along training."""
    figure, ax = theme.figure("column", 3.6)
    table = tables["linear_courses"]
    lines = _along_training(ax, table, ["lsa1", "interpolation", "mesa1"])
    _level(ax, table, "gd1", "--", "one gradient step", dy=6)
    _level(ax, table, "compressed", "-", "12 numbers of the network", color_of("compressed"))
    theme.label_ends(ax, lines)
    return figure


def fig4b(tables: Tables) -> Figure:
    """Six linear layers, interpolation, compression and the mesa-layer."""
    figure, ax = theme.figure("column", 3.6)
    table = tables["deep_courses"]
    lines = _along_training(ax, table, ["lsa6", "interpolation", "mesa1"])
    _level(ax, table, "compressed", "-", "compressed network", color_of("compressed"), dy=9)
    theme.label_ends(ax, lines)
    return figure


def fig4c(tables: Tables) -> Figure:
    """One linear layer beside one gradient step, along sequences."""
    figure, ax = theme.figure("column", 3.4)
    beside_a_step(ax, tables["linear_losses"], "lsa1")
    ax.legend(loc="upper right")
    return figure


def fig4d(tables: Tables) -> Figure:
    """Depth, the mesa-layer, and what they are compared with."""
    figure, ax = theme.figure("column", 4.4)
    shown = ["pr2_lagged", "pr2", "iteration6", "least_squares"]
    models = ["lsa1", "lsa2", "lsa4", "lsa6", "mesa1"]
    lines = depths(ax, tables["linear_losses"], models, shown)
    theme.label_ends(ax, lines)
    return figure


def fig4e(tables: Tables) -> Figure:
    """The next observation."""
    return _probes(tables["linear_probes"], "target", "probe of the next observation, error / 2")


def fig4f(tables: Tables) -> Figure:
    """The preconditioned input."""
    label = "probe of the preconditioned input, error / 2"
    return _probes(tables["linear_probes"], "preconditioned", label)


def _along_training(ax: Axes, table: DataFrame, models: Sequence[str]) -> dict[str, Line2D]:
    """Mean over seeds against the step, with their range."""
    lines = {}
    ours = table[table["source"] == "ours"]
    last = ours["step"].max()
    for model in models:
        by = ours[ours["model"] == model].groupby("step")["loss"]
        rows = DataFrame({"value": by.mean(), "low": by.min(), "high": by.max()}).reset_index()
        lines[NAMES[model][0]] = network(ax, rows, model, "step")
        stored = table[(table["source"] == "authors") & (table["model"] == model)]
        stored_points(ax, stored[stored["step"] <= last], "step", "loss", color_of(model))
    ax.set(yscale="log", ylabel=LOSS, xlim=(0, last))
    ax.set_yticks([0.2, 0.3, 0.5, 1.0, 1.7], ["0.2", "0.3", "0.5", "1", "1.7"])
    ax.minorticks_off()
    theme.step_axis(ax)
    return lines


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


def _probes(table: DataFrame, probe: str, label: str) -> Figure:
    figure, axes = theme.figure("wide", 3.6, ncols=2, sharey=True)
    for ax, (column, title) in zip(axes, COLUMNS.items(), strict=True):
        by_layer(ax, table, probe, column)
        ax.set_title(title)
    axes[0].set_ylabel(label)
    stored_label(axes[1])
    axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=7.5)
    return figure
