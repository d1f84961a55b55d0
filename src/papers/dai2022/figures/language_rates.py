"""Momentum attention: drop of perplexity over its rate, controls beside, and few-shot gains."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import TASKS, Look, across, legend_above, say_networks, say_texts
from papers.dai2022.figures.momentum_rows import OTHERS
from reprise.plotting import theme

CONTROLS = {
    name: OTHERS[name] for name in ("alibi", "convolution", "rotary", "rotary_momentum", "longer")
}
PAPER = (0.67, 0.83, 0.79)
"""Drops of Table 6 (percent) at a quarter, half and the whole of the training length."""


def rates(tables: Mapping[str, DataFrame]) -> Figure:
    """Drops over eta at three lengths with controls, and gains of accuracy task by task."""
    figure, axes = theme.figure("wide", 3.4, ncols=3, width_ratios=[1.35, 1, 1])
    table = tables["language_drops"]
    valid = table[table["split"] == "valid"]
    lengths = sorted(valid["length"].unique())
    colors = dict(zip(lengths, theme.ordered(len(lengths)), strict=True))
    _over_eta(axes[0], valid, colors)
    _controls(axes[1], valid, colors)
    gains = tables["paper_table7"]
    _gains(axes[2], gains[gains["row"] == "gain"])
    low = min(ax.get_ylim()[0] for ax in axes[:2])
    high = max(ax.get_ylim()[1] for ax in axes[:2])
    for ax in axes[:2]:
        ax.set_ylim(low, high)
    legend_above(figure, axes[:1], columns=5)
    say_networks(figure, tables)
    say_texts(figure, tables, list(gains["column"]))
    return figure


def _over_eta(ax: Axes, table: DataFrame, colors: Mapping[int, Any]) -> None:
    ax.axhline(0, color=theme.MUTED, lw=0.8)
    for order, (length, color) in enumerate(colors.items()):
        for variant, style in (("momentum", "o-"), ("matched", "s:")):
            rows = table[(table["variant"] == variant) & (table["length"] == length)]
            rows = rows.sort_values("eta")
            if len(rows) < 1 + (variant == "matched"):
                continue
            label = f"{length} tokens" if variant == "momentum" else ""
            if variant == "matched" and length == max(colors):
                label = "scale-matched"
            at = rows["eta"] + 0.012 * (order - 1)
            _marks(ax, at, rows, style, color, label or None)
    low, high = min(PAPER), max(PAPER)
    text = f"paper, 350M: {low} to {high}"
    mean = [(low + high) / 2] * 2
    ax.plot([0, 1], mean, color=theme.REFERENCE, ls="--", lw=1, label=text, zorder=1)
    ax.set_xlim(0, 1)
    ax.set(xlabel="rate of momentum, η", ylabel="drop of perplexity (%)", title="over the rate")


def _controls(ax: Axes, table: DataFrame, colors: Mapping[int, Any]) -> None:
    ax.axhline(0, color=theme.MUTED, lw=0.8)
    known = [name for name in CONTROLS if (table["variant"] == name).any()]
    for order, (length, color) in enumerate(colors.items()):
        own = table[table["length"] == length]
        rows = own[own["variant"].isin(known)].set_index("variant").reindex(known)
        _marks(ax, np.arange(len(known)) + 0.15 * (order - 1), rows, "s", color, None)
    names = [CONTROLS[name] for name in known]
    ax.set_xticks(range(len(known)), names, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_xlim(-0.6, max(len(known), 1) - 0.4)
    ax.set_title("controls")


def _gains(ax: Axes, table: DataFrame) -> None:
    ax.axvline(0, color=theme.MUTED, lw=0.8)
    places = np.arange(len(table))
    across(ax, places, table, Look("gain", theme.INK))
    ax.set_yticks(places, [TASKS.get(name, name) for name in table["column"]])
    ax.invert_yaxis()
    ax.set(xlabel="gain (points)", title="few-shot accuracy")


def _marks(ax: Axes, x: Any, rows: DataFrame, style: str, color: Any, label: str | None) -> None:
    reach = np.abs(rows[["low", "high"]].to_numpy(float) - rows[["drop"]].to_numpy(float)).T
    ax.errorbar(x, rows["drop"], reach, fmt=style, ms=3.5, lw=1.2, color=color, label=label)
