"""Figure 4: linear networks along training (A, B), along sequences (C, D) and inside (E, F)."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.axes import LOSS
from papers.vonoswald2023.figures.linear_networks import (
    NAMES,
    beside_a_step,
    color_of,
    depths,
    network,
    say_rises,
)
from papers.vonoswald2023.figures.probes import preconditioned, target
from papers.vonoswald2023.figures.stored_points import stored_label, stored_points
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]


def fig4a(tables: Tables) -> Figure:
    """One linear layer, its interpolation and the mesa-layer along training."""
    figure, ax = theme.figure("column", 3.6)
    table = tables["linear_courses"]
    lines = _along_training(ax, table, ["lsa1", "interpolation", "mesa1"])
    lines["one gradient step"] = _level(ax, table, "gd1", "--")
    lines[NAMES["compressed"][0]] = _level(ax, table, "compressed", "-")
    theme.label_ends(ax, lines)
    if (table["source"] == "authors").any():
        stored_label(ax)
        ax.legend(loc="upper right", handles=ax.lines[-1:])
    return figure


def fig4b(tables: Tables) -> Figure:
    """Six linear layers, interpolation, compression and the mesa-layer."""
    figure, ax = theme.figure("column", 3.6)
    table = tables["deep_courses"]
    lines = _along_training(ax, table, ["lsa6", "interpolation", "mesa1"])
    lines[NAMES["compressed"][0]] = _level(ax, table, "compressed", "-")
    theme.label_ends(ax, lines)
    return figure


def fig4c(tables: Tables) -> Figure:
    """One linear layer beside one gradient step, along sequences."""
    figure, ax = theme.figure("column", 3.4)
    beside_a_step(ax, tables["linear_losses"], "lsa1")
    stored_label(ax)
    ax.legend(loc="upper right")
    return figure


def fig4d(tables: Tables) -> Figure:
    """Depth, the mesa-layer, and what they are compared with."""
    figure, ax = theme.figure("column", 4.4)
    shown = ["pr2_lagged", "pr2", "iteration6", "least_squares"]
    models = ["lsa1", "lsa2", "lsa4", "lsa6", "mesa1"]
    theme.label_ends(ax, depths(ax, tables["linear_losses"], models, shown))
    say_rises(figure, tables["linear_losses"], models)
    stored_label(ax)
    ax.legend(loc="lower left", handles=ax.lines[-1:])
    return figure


def fig4e(tables: Tables) -> Figure:
    """The next observation."""
    return target(tables["linear_probes"])


def fig4f(tables: Tables) -> Figure:
    """The preconditioned input."""
    return preconditioned(tables["linear_probes"])


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


def _level(ax: Axes, table: DataFrame, model: str, style: str) -> Line2D:
    """A level line at the loss of what is not trained."""
    height = table.loc[(table["model"] == model) & (table["source"] == "ours"), "loss"].mean()
    ends = ax.get_xlim()
    (line,) = ax.plot(ends, [height] * 2, color=color_of(model), ls=style, lw=1.1, zorder=3)
    return line
