"""Few-shot regression by networks trained on dynamical systems: Figures 8 and 18, and tuning."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import ColorType
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import HYBRID, SOFTMAX
from papers.vonoswald2023.figures.seeds import over_seeds
from papers.vonoswald2023.figures.stored_points import stored_label, stored_points
from reprise.plotting import theme

NETWORKS = {"softmax": ("softmax layers", SOFTMAX), "hybrid": ("softmax + mesa", HYBRID)}
VARIANTS = {
    "base": ("x, y alone", ("#FFFFFF", 0.45), "-"),
    "eos": ("tuned separator", ("#FFFFFF", 0.0), "-"),
    "prefix": ("separator and prefix", ("#000000", 0.5), "-"),
}
"""Variant -> its name, the tone of the network's colour and the line."""
CONTROL = "least squares on tokens"


def pair_panels(table: DataFrame, network: str) -> Figure:
    """Losses by pairs seen before, for one and for two tasks."""
    figure, axes = theme.figure("wide", 3.3, ncols=2, sharey=True)
    own = table[table["model"].isin([network, "least_squares", "half"])]
    own = own[own["quantity"] == "loss"]
    for ax, tasks in zip(axes, ("one", "two"), strict=True):
        lines = _curves(ax, own[own["tasks"] == tasks], network)
        ax.set_xlabel("pairs seen before")
    axes[0].set_ylim(0, 1.05 * own[["value", "high"]].max().max())
    axes[0].set(ylabel="squared error of the label / 2", title="one task")
    axes[1].set_title("two tasks in sequence")
    theme.label_ends(axes[1], lines)
    if (own["source"] == "authors").any():
        stored_label(axes[0])
        axes[0].legend(loc="upper right", handles=[axes[0].lines[-1]])
    for ax, letter in zip(axes, "AB", strict=True):
        theme.panel_label(ax, letter)
    return figure


def _curves(ax: Axes, table: DataFrame, network: str) -> dict[str, Line2D]:
    color = NETWORKS[network][1]
    lines = {}
    for variant, (text, tone, style) in VARIANTS.items():
        own = table[(table["model"] == network) & (table["variant"] == variant)]
        lines[text] = _line(ax, own, _mixed(color, *tone), style)
    control = table[table["model"] == "least_squares"]
    lines[CONTROL] = _line(ax, control, theme.THEORY, "--")
    limit = table[table["model"] == "half"]
    ax.plot(limit["pair"], limit["value"], color=theme.MUTED, ls=":", lw=1.1)
    for pair, value in limit.nlargest(1, "pair")[["pair", "value"]].to_numpy(float):
        place: dict[str, Any] = {"dx": 0, "dy": -3, "ha": "right", "va": "top"}
        theme.direct_label(ax, pair, value, "limit of least squares", theme.REFERENCE, **place)
    ax.set_xlim(0, table["pair"].max())
    return lines


def _line(ax: Axes, rows: DataFrame, color: ColorType, style: str) -> Line2D:
    known = rows[rows["source"] == "authors"]
    if len(known):
        stored_points(ax, known, "pair", "value", color)
    ours = rows[rows["source"] == "ours"]
    if not len(ours):
        return ax.plot([0], [np.nan], color=color)[0]
    width = 1.2 if style == "--" else 1.6
    lines = over_seeds(ours, "pair")
    return theme.line_with_band(ax, lines, "pair", "value", color, ls=style, lw=width)


def _mixed(color: str, other: str, share: float) -> tuple[float, float, float]:
    """``color`` with a ``share`` of ``other``: tones of one network's colour."""
    pairs = zip(to_rgb(color), to_rgb(other), strict=True)
    red, green, blue = ((1 - share) * own + share * more for own, more in pairs)
    return red, green, blue
