"""Figure 26: language models of one layer (small synthetic version)."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.language_models import (
    EXACT,
    QUANTITIES,
    TITLES,
    color_of,
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
        ax.set_title(TITLES[quantity])
    looks = {name: {"color": color_of(1, name)} for name in own["attention"].unique()}
    exact, dashes = EXACT["bayes"]
    theme.key(figure, looks | {exact: {"ls": dashes, "lw": 1.1}})
    chosen = own[own["quantity"] == "excess"]
    best = chosen[(chosen["attention"] == "softmax") | (chosen["nu"] == chosen["nu"].max())]
    _excess(axes[2], best)
    axes[2].set_title(f"Above exact Bayes, ν = {int(best['nu'].max())}")
    return figure


def _excess(ax: Axes, chosen: DataFrame) -> None:
    for attention, rows in chosen.groupby("attention", sort=False):
        shade = color_of(1, str(attention))
        theme.line_with_band(ax, over_seeds(rows, "t"), "t", "value", shade, lw=1.3)
    ax.axhline(0, color=theme.THEORY, ls="--", lw=1.1)
    ax.set(xlabel="position t", ylabel="loss above exact Bayes [nats]")
