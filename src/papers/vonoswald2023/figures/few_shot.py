"""Few-shot regression by networks trained on dynamical systems: Figures 8 and 18."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.looks_few_shot import HYBRID, SOFTMAX, curve, mixed
from papers.vonoswald2023.figures.stored import stored, stored_label
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]

NETWORKS = {"softmax": ("softmax layers", SOFTMAX), "hybrid": ("softmax + mesa", HYBRID)}
VARIANTS = {
    "base": ("x, y alone", ("#FFFFFF", 0.45), "-"),
    "eos": ("tuned separator", ("#FFFFFF", 0.0), "-"),
    "prefix": ("separator and prefix", ("#000000", 0.5), "-"),
}
"""Variant -> its name, the tone of the network's colour and the line."""
CONTROL = "least squares on tokens"


def softmax(tables: Tables) -> Figure:
    """Figure 8: the network of softmax layers."""
    return _panels(tables["few_shot_losses"], "softmax")


def hybrid(tables: Tables) -> Figure:
    """Figure 18: softmax and mesa."""
    return _panels(tables["few_shot_losses"], "hybrid")


def tuning(tables: Tables) -> Figure:
    """Loss along the tuning of separators and prefixes."""
    table = tables["tuned_tokens"]
    losses = table[table["quantity"] == "loss"]
    figure, ax = theme.figure("column", 3.2)
    for (network, stage), rows in losses.groupby(["network", "stage"], sort=False):
        text, color = NETWORKS[str(network)]
        style = "--" if stage == "eos" else "-"
        name = VARIANTS[str(stage)][0] if stage == "eos" else "prefix"
        ax.plot(rows["index"], rows["value"], color=color, ls=style, label=f"{text}: {name}")
    ax.set_ylabel("loss on few-shot streams")
    theme.step_axis(ax, label="step of tuning")
    ax.legend(loc="upper right")
    return figure


def _panels(table: DataFrame, network: str) -> Figure:
    figure, axes = theme.figure("wide", 3.3, ncols=2, sharey=True)
    own = table[table["model"].isin([network, "least_squares", "half"])]
    for ax, tasks in zip(axes, ("one", "two"), strict=True):
        lines = _curves(ax, own[own["tasks"] == tasks], network)
        ax.set_xlabel("pairs seen before")
    axes[0].set_ylim(0, 1.05 * own[["loss", "high"]].max().max())
    axes[0].set(ylabel="loss of the label", title="one task")
    axes[1].set_title("two tasks in sequence")
    theme.label_ends(axes[1], lines)
    if (own["origin"] == "authors").any():
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
        lines[text] = _line(ax, own, mixed(color, *tone), style)
    control = table[table["model"] == "least_squares"]
    lines[CONTROL] = _line(ax, control, theme.THEORY, "--")
    limit = table[table["model"] == "half"]
    ax.plot(limit["pair"], limit["loss"], color=theme.MUTED, ls=":", lw=1.1)
    ax.set_xlim(0, table["pair"].max())
    return lines


def _line(ax: Axes, rows: DataFrame, color: object, style: str) -> Line2D:
    known = rows[rows["origin"] == "authors"]
    if len(known):
        stored(ax, known["pair"].tolist(), known["loss"].tolist(), color)
    ours = rows[rows["origin"] == "ours"]
    if not len(ours):
        return ax.plot([0], [np.nan], color=color)[0]
    return curve(ax, ours, "pair", color, ls=style, lw=1.2 if style == "--" else 1.6)
