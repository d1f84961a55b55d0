"""Figure 28: attention of language models' first layers (small synthetic version)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.attention_maps import attention_map
from papers.vonoswald2023.figures.seeds import first_seed
from reprise.plotting import theme
from reprise.plotting.numbers import percent

PLACES = {"query": "t", "key": "seen", "weight": "mean"}
"""Columns of the table -> those of ``attention_map``."""


def fig28(tables: Mapping[str, DataFrame]) -> Figure:
    """Mean attention of every first-layer head: rows networks, columns heads."""
    maps, lags = tables["language_attention"], tables["language_lags"]
    models, heads = list(maps["attention"].unique()), int(maps["head"].max())
    figure, axes = theme.figure(
        "wide", 1.95 * len(models), nrows=len(models), ncols=heads, squeeze=False
    )
    mesh = None
    for row, model in zip(axes, models, strict=True):
        for ax, head in zip(row, range(1, heads + 1), strict=True):
            own = maps[(maps["attention"] == model) & (maps["head"] == head)]
            mesh = attention_map(ax, own.rename(columns=PLACES), 1.0)
            newest = percent(_previous(lags, model, head))
            ax.set_title(f"head {head}\n{newest} on t − 1, t − 2", fontsize=7.5)
            ax.set_xlabel("seen token, t'" if model == models[-1] else "")
        row[0].set_ylabel(f"softmax + {model}\ntoken, t")
    if mesh is not None:
        theme.colorbar(mesh, axes, "attention weight")
    return figure


def _previous(lags: DataFrame, model: str, head: int) -> float:
    own = first_seed(lags[(lags["attention"] == model) & (lags["head"] == head)])
    return float(own[own["lag"].astype(str).isin(["1", "2"])]["value"].sum())
