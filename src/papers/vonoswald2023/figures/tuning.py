"""Losses along the tuning of separators and prefixes; ours, to Figures 8 and 18."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.few_shot import NETWORKS, VARIANTS
from reprise.plotting import theme


def tuning(tables: Mapping[str, DataFrame]) -> Figure:
    """Loss along the tuning of separators and prefixes."""
    table = tables["tuned_tokens"]
    losses = table[table["quantity"] == "loss"]
    figure, ax = theme.figure("column", 3.2)
    for (network, stage), rows in losses.groupby(["network", "stage"], sort=False):
        text, color = NETWORKS[str(network)]
        style = "--" if stage == "eos" else "-"
        name = VARIANTS[str(stage)][0] if stage == "eos" else "prefix"
        ax.plot(rows["index"], rows["value"], color=color, ls=style, label=f"{text}: {name}")
    ax.set_ylabel("squared error of the label / 2")
    theme.step_axis(ax, label="step of tuning")
    ax.legend(loc="upper right")
    return figure
