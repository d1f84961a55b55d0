"""Figure 21: past observations in the first layer, by the width of the network."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.token_probes import token_frame, token_key, token_lines
from papers.vonoswald2023.tables.token_summary import HELD
from reprise.plotting import theme
from reprise.plotting.numbers import percent

LIMIT: dict[str, Any] = {"color": theme.MUTED, "lw": 0.9}


def fig21(tables: Mapping[str, DataFrame]) -> Figure:
    """By width, softmax and hybrid networks."""
    table = tables["partial_tokens"]
    kinds = {"partial_softmax": "softmax layers", "partial_hybrid": "softmax + mesa"}
    figure, axes = theme.figure("wide", 3.2, ncols=2, sharey=True)
    every = sorted(table["width"].unique())
    colors = dict(zip(every, theme.ordered(len(every)), strict=True))
    for ax, (kind, title) in zip(axes, kinds.items(), strict=True):
        own = table[table["model"].str.startswith(kind)]
        for width, rows in own.groupby("width"):
            token_lines(ax, rows, colors[width], f"width {width}")
        token_frame(ax, table, title)
        limit = HELD * own.groupby("t")["variance"].mean()
        ax.plot(limit.index, limit, zorder=1, **LIMIT)
        if len(own):
            ax.legend(loc="lower left")
    axes[0].set_ylabel("mean squared error")
    token_key(figure, others={f"held below: {percent(HELD)} of knowing nothing": LIMIT})
    return figure
