"""Figure 5: softmax layers made linear (A), and least squares against kernel regression (B)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from pandas import DataFrame

from papers.vonoswald2023.figures.size_losses import PREDICTORS, size_lines
from papers.vonoswald2023.figures.stored_points import stored_label, stored_points
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]


def fig5a(tables: Tables) -> Figure:
    """What it costs to make one layer linear, a line per number of observations."""
    table, known = tables["distilled_layers"], tables["distilled_stored"]
    sizes = sorted(table["n"].unique())
    figure, ax = theme.figure("column", 3.4)
    lines = {}
    for n, color in zip(sizes, theme.ordered(len(sizes)), strict=True):
        rows = table[table["n"] == n].sort_values("layer")
        ax.fill_between(rows["layer"], rows["low"], rows["high"], color=color, alpha=0.25, lw=0)
        (lines[f"$n_s$ = {n:g}"],) = ax.plot(
            rows["layer"], rows["ratio"], color=color, marker="o", ms=3.5
        )
        own = known[known["n"] == n]
        stored_points(ax, own, "layer", "ratio", color)
    stored_label(ax)
    ax.axhline(1, color=theme.MUTED, lw=0.8, zorder=0)
    layers = sorted({*table["layer"], *known["layer"]})
    ax.set(xticks=layers, xlabel="layer made linear", ylabel="loss over that of the network")
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    theme.label_ends(ax, lines)
    ax.legend(handles=[ax.lines[-2]], loc="upper right")
    return figure


def fig5b(tables: Tables) -> Figure:
    """At the noise that networks are trained with, beside the authors' numbers."""
    table, known = tables["size_losses"], tables["size_stored"]
    figure, ax = theme.figure("column", 3.4)
    lines = size_lines(ax, table[table["noise"] == table["noise"].min()])
    for model in ("kernel", "least_squares"):
        own = known[known["model"] == model]
        stored_points(ax, own, "n", "loss", PREDICTORS[model][1])
    stored_label(ax)
    ax.set_ylim(0, None)
    ax.set_ylabel("loss / $n_s$")
    ax.legend(loc="center right", handles=[ax.lines[-1]])
    theme.label_ends(ax, lines)
    return figure
