"""Figure 26: language models of one layer (small synthetic version)."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.language_models import (
    QUANTITIES,
    color_of,
    exact_label,
    exact_level,
    points_with_bars,
)
from papers.vonoswald2023.figures.seeds import over_seeds
from reprise.plotting import theme


def fig26(tables: Mapping[str, DataFrame]) -> Figure:
    """Perplexity and score against the feature map, and excess along documents."""
    losses = tables["language_losses"]
    figure, axes = theme.figure("wide", 2.9, ncols=3, width_ratios=(1, 1, 1.35))
    own = losses[(losses["layers"] == 1)]
    for ax, (quantity, label) in zip(axes[:2], QUANTITIES.items(), strict=True):
        rows = own[own["quantity"] == quantity]
        for attention, group in rows.groupby("attention", sort=False):
            shade = color_of(1, str(attention))
            group = over_seeds(group, "nu")
            if attention == "softmax":
                ax.axhline(group["value"].iloc[0], color=shade, label="softmax", zorder=1.2)
                ax.axhspan(group["low"].iloc[0], group["high"].iloc[0], color=shade, alpha=0.18)
            else:
                points_with_bars(ax, group["nu"], group, shade, label=str(attention))
        exact_level(ax, losses, "bayes", quantity)
        ax.set(xlabel="feature map ν", ylabel=label)
        ax.set_xticks(sorted(rows["nu"].unique()))
        ax.margins(x=0.15)
    axes[0].set_title("Perplexity")
    axes[1].set_title("Gain from context")
    _names(axes[0], own, losses)
    chosen = own[own["quantity"] == "excess"]
    best = chosen[(chosen["attention"] == "softmax") | (chosen["nu"] == chosen["nu"].max())]
    _excess(axes[2], best)
    axes[2].set_title(f"Above exact Bayes, ν = {int(best['nu'].max())}")
    return figure


def _names(ax: Axes, own: DataFrame, losses: DataFrame) -> None:
    rows = own[(own["quantity"] == "perplexity") & (own["nu"] == own["nu"].min())]
    for attention, value in zip(rows["attention"], rows["value"], strict=True):
        shade = color_of(1, attention)
        theme.direct_label(ax, own["nu"].min(), value, attention, shade, dx=9, dy=6)
    exact_label(ax, losses, own["nu"].min(), dx=9)


def _excess(ax: Axes, chosen: DataFrame) -> None:
    lines: dict[str, Line2D] = {}
    for (attention, layers), rows in chosen.groupby(["attention", "layers"], sort=False):
        shade = color_of(layers, str(attention))
        lines[str(attention)] = theme.line_with_band(
            ax, over_seeds(rows, "t"), "t", "value", shade, lw=1.3
        )
    ax.axhline(0, color=theme.THEORY, ls="--", lw=1.1)
    ax.set(xlabel="position t", ylabel="loss above exact Bayes [nats]")
    theme.label_ends(ax, lines)
