"""Figure 27: language models of two layers (small synthetic version)."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.language_models import (
    QUANTITIES,
    TITLES,
    color_of,
    exact_curves,
    exact_label,
    exact_level,
    points_with_bars,
)
from papers.vonoswald2023.figures.seeds import over_seeds
from reprise.plotting import theme

FIRST = 3
"""Curves are drawn from this position on: before it nothing can be known from context."""


KINDS = {False: "two layers, attention only", True: "four layers with MLPs"}


def fig27(tables: Mapping[str, DataFrame]) -> Figure:
    """Perplexity, score and losses along documents of deep networks, a row per MLP."""
    losses = tables["language_losses"]
    deep = losses[losses["layers"] > 1]
    by_position = losses[losses["quantity"] == "loss"]
    ratios = sorted(deep["mlp"].unique())
    count = max(1, len(ratios))
    figure, axes = theme.figure(
        "wide", 2.9 * count, nrows=count, ncols=3, width_ratios=(1, 1, 1.35), squeeze=False
    )
    for row, mlp in zip(axes, ratios, strict=False):
        own = deep[deep["mlp"] == mlp]
        for ax, (quantity, label) in zip(row[:2], QUANTITIES.items(), strict=True):
            _side_by_side(ax, own[own["quantity"] == quantity])
            exact_level(ax, losses, "bayes", quantity)
            ax.set_ylabel(label)
            ax.set_title(TITLES[quantity])
        row[0].set_ylabel(f"{KINDS[bool(mlp)]}\nperplexity")
        exact_label(row[0], losses, len(own["attention"].unique()) - 1, ha="right")
        _curves(row[2], own[own["quantity"] == "loss"], by_position)
        row[2].set_title("Along documents")
    return figure


def _side_by_side(ax: Axes, rows: DataFrame) -> None:
    names = list(rows["attention"].unique())
    for place, attention in enumerate(names):
        own = rows[rows["attention"] == attention]
        shade = color_of(own["layers"].iloc[0], attention)
        points_with_bars(ax, [place] * len(own), own, shade, ls="none")
    ax.set_xticks(range(len(names)), names)
    ax.set_xlabel("second layer")
    ax.margins(x=0.25)


def _curves(ax: Axes, chosen: DataFrame, positions: DataFrame) -> None:
    later = positions[positions["t"] >= FIRST]
    lines: dict[str, Line2D] = dict(exact_curves(ax, later, ("base_only", "bayes", "table_known")))
    for (attention, layers), rows in chosen.groupby(["attention", "layers"], sort=False):
        rows = rows[rows["t"] >= FIRST]
        shade = color_of(layers, str(attention))
        lines[str(attention)] = theme.line_with_band(
            ax, over_seeds(rows, "t"), "t", "value", shade, lw=1.3
        )
    ax.set(xlabel="position t", ylabel="loss of the next token [nats]")
    theme.label_ends(ax, lines)
