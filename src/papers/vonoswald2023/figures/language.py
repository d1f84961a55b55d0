"""Language models on the small synthetic language (Figures 26 to 28)."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures import looks_language as looks
from reprise.plotting import theme

QUANTITIES = {"perplexity": "perplexity", "icl_score": "in-context-learning score [nats]"}
FIRST = 3
"""Curves are drawn from this position on: before it nothing can be known from context."""


def one_layer(tables: Mapping[str, DataFrame]) -> Figure:
    """Perplexity and score against the feature map, and excess along documents (Figure 26)."""
    losses, positions = tables["language_losses"], tables["language_positions"]
    figure, axes = theme.figure("wide", 2.9, ncols=3, width_ratios=(1, 1, 1.35))
    own = losses[(losses["layers"] == 1)]
    for ax, (quantity, label) in zip(axes[:2], QUANTITIES.items(), strict=True):
        rows = own[own["quantity"] == quantity]
        for attention, group in rows.groupby("attention", sort=False):
            shade = looks.color(1, str(attention))
            if attention == "softmax":
                group = group.iloc[:1]
                ax.axhline(group["value"].iloc[0], color=shade, label="softmax", zorder=1.2)
                ax.axhspan(group["low"].iloc[0], group["high"].iloc[0], color=shade, alpha=0.18)
            else:
                group = group.sort_values("nu")
                looks.points(ax, group["nu"], group, shade, label=str(attention))
        looks.level(ax, losses, "bayes", quantity)
        ax.set(xlabel="feature map ν", ylabel=label)
        ax.set_xticks(sorted(rows["nu"].unique()))
        ax.margins(x=0.15)
    axes[0].set_title("Perplexity")
    axes[1].set_title("Gain from context")
    _names(axes[0], own, losses)
    chosen = positions[positions["layers"] == 1]
    best = chosen[(chosen["attention"] == "softmax") | (chosen["nu"] == chosen["nu"].max())]
    _excess(axes[2], best)
    axes[2].set_title(f"Above exact Bayes, ν = {int(best['nu'].max())}")
    return figure


def deep(tables: Mapping[str, DataFrame]) -> Figure:
    """Perplexity, score and losses along documents of deep networks, a row per MLP (Figure 27)."""
    losses, positions = tables["language_losses"], tables["language_positions"]
    deep_losses, deep_positions = (table[table["layers"] > 1] for table in (losses, positions))
    ratios = sorted(deep_losses["mlp"].unique())
    count = max(1, len(ratios))
    figure, axes = theme.figure(
        "wide", 2.9 * count, nrows=count, ncols=3, width_ratios=(1, 1, 1.35), squeeze=False
    )
    for row, mlp in zip(axes, ratios, strict=False):
        own = deep_losses[deep_losses["mlp"] == mlp]
        for ax, (quantity, label) in zip(row[:2], QUANTITIES.items(), strict=True):
            _side_by_side(ax, own[own["quantity"] == quantity])
            looks.level(ax, losses, "bayes", quantity)
            ax.set_ylabel(label)
        row[0].set_title("With MLPs" if mlp else "Attention only")
        row[1].set_title("Gain from context")
        looks.exact_label(row[0], losses, len(own["attention"].unique()) - 1, ha="right")
        _curves(row[2], deep_positions[deep_positions["mlp"] == mlp], positions)
        row[2].set_title("Along documents")
    return figure


def attention(tables: Mapping[str, DataFrame]) -> Figure:
    """Mean attention of every first-layer head: rows networks, columns heads (Figure 28)."""
    maps, lags = tables["language_attention"], tables["language_lags"]
    models, heads = list(maps["attention"].unique()), int(maps["head"].max())
    figure, axes = theme.figure(
        "wide", 1.95 * len(models), nrows=len(models), ncols=heads, squeeze=False
    )
    mesh = None
    for row, model in zip(axes, models, strict=True):
        for ax, head in zip(row, range(1, heads + 1), strict=True):
            own = maps[(maps["attention"] == model) & (maps["head"] == head)]
            grid = own.pivot(index="query", columns="key", values="weight")
            mesh = ax.pcolormesh(
                grid.columns, grid.index, grid, cmap=theme.AMOUNTS, vmin=0, vmax=1, rasterized=True
            )
            ax.invert_yaxis()
            ax.set_aspect("equal")
            ax.set_title(f"{_previous(lags, model, head):.0%} on t-1, t-2", fontsize=7.5)
            ax.tick_params(labelsize=6.5)
        row[0].set_ylabel(f"softmax + {model}\nquery t", fontsize=8)
    for place, ax in enumerate(axes[-1], 1):
        ax.set_xlabel(f"key t', head {place}", fontsize=8)
    if mesh is not None:
        theme.colorbar(mesh, axes, "attention")
    return figure


def _names(ax: Axes, own: DataFrame, losses: DataFrame) -> None:
    rows = own[(own["quantity"] == "perplexity") & (own["nu"] == own["nu"].min())]
    for attention, value in zip(rows["attention"], rows["value"], strict=True):
        shade = looks.color(1, attention)
        theme.direct_label(ax, own["nu"].min(), value, attention, shade, dx=9, dy=6)
    looks.exact_label(ax, losses, own["nu"].min(), dx=9)


def _previous(lags: DataFrame, model: str, head: int) -> float:
    own = lags[(lags["attention"] == model) & (lags["head"] == head)]
    return float(own[own["lag"].astype(str).isin(["1", "2"])]["mass"].sum())


def _curves(ax: Axes, chosen: DataFrame, positions: DataFrame) -> None:
    later = positions[positions["t"] >= FIRST]
    lines: dict[str, Any] = dict(looks.exact(ax, later, ("base_only", "bayes", "table_known")))
    for (attention, layers), rows in chosen.groupby(["attention", "layers"], sort=False):
        rows = rows[rows["t"] >= FIRST]
        shade = looks.color(layers, str(attention))
        theme.band(ax, rows["t"], rows["low"], rows["high"], shade)
        (lines[str(attention)],) = ax.plot(rows["t"], rows["loss"], color=shade, lw=1.3)
    ax.set(xlabel="position t", ylabel="loss of the next token [nats]")
    theme.label_ends(ax, lines)


def _excess(ax: Axes, chosen: DataFrame) -> None:
    lines: dict[str, Any] = {}
    for (attention, layers), rows in chosen.groupby(["attention", "layers"], sort=False):
        shade = looks.color(layers, str(attention))
        theme.band(ax, rows["t"], rows["excess_low"], rows["excess_high"], shade)
        (lines[str(attention)],) = ax.plot(rows["t"], rows["excess"], color=shade, lw=1.3)
    ax.axhline(0, color=theme.THEORY, ls="--", lw=1.1)
    ax.set(xlabel="position t", ylabel="loss above exact Bayes [nats]")
    theme.label_ends(ax, lines)


def _side_by_side(ax: Axes, rows: DataFrame) -> None:
    names = list(rows["attention"].unique())
    for place, attention in enumerate(names):
        own = rows[rows["attention"] == attention]
        shade = looks.color(own["layers"].iloc[0], attention)
        looks.points(ax, [place] * len(own), own, shade, ls="none")
    ax.set_xticks(range(len(names)), names)
    ax.set_xlabel("second layer")
    ax.margins(x=0.25)
