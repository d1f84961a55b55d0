"""Figure 5: softmax layers made linear (A), and least squares against kernel regression (B)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.axes import plain_ticks
from papers.vonoswald2023.figures.size_losses import LOSS_PER_NUMBER, PREDICTORS, size_lines
from papers.vonoswald2023.figures.stored_points import (
    STORED,
    STORED_MARK,
    stored_label,
    stored_points,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]


def fig5a(tables: Tables) -> Figure:
    """What it costs to make one layer linear, and what the linear layer misses."""
    table, known = tables["distilled_layers"], tables["distilled_stored"]
    sizes = sorted(table["n"].unique())
    figure, (left, right) = theme.figure("wide", 3.4, ncols=2, width_ratios=[1.5, 1])
    others = known[~known["n"].isin(sizes)]
    stored_points(left, others, "layer", "ratio", theme.MUTED)
    for n, color in zip(sizes, theme.ordered(len(sizes)), strict=True):
        rows = table[table["n"] == n].sort_values("layer")
        theme.line_with_band(
            left, rows, "layer", "ratio", color, marker="o", ms=3.5, label=f"$n_s$ = {n:g}"
        )
        stored_points(left, known[known["n"] == n], "layer", "ratio", color)
        right.plot(rows["layer"], rows["unexplained"], color=color, marker="o", ms=3.5)
    stored_label(left)
    if len(others):
        text = f"the same, $n_s$ = {', '.join(f'{n:g}' for n in sorted(others['n'].unique()))}"
        stored_label(left, text, theme.MUTED)
    left.axhline(1, color=theme.MUTED, lw=0.8, zorder=0)
    left.set(xticks=sorted({*table["layer"], *known["layer"]}), xlabel="layer made linear")
    left.set(ylabel="loss over that of the network", yscale="log")
    plain_ticks(left)
    left.legend(loc="upper right", fontsize=7.5)
    right.set(xticks=sorted(table["layer"].unique()), xlabel="layer made linear", ylim=(0, None))
    right.set_ylabel("share of its output that is missed")
    return figure


def fig5b(tables: Tables) -> Figure:
    """At the noise that networks are trained with, beside the authors' numbers."""
    table, known = tables["size_losses"], tables["size_stored"]
    figure, ax = theme.figure("column", 3.4)
    lines = size_lines(ax, table[table["noise"] == table["noise"].min()])
    for model in ("kernel", "least_squares"):
        own = known[known["model"] == model]
        stored_points(ax, own, "n", "loss", PREDICTORS[model][1])
    ax.set_ylim(0, None)
    ax.set_ylabel(LOSS_PER_NUMBER)
    theme.label_ends(ax, lines)
    theme.key(figure, {STORED: STORED_MARK})
    return figure
