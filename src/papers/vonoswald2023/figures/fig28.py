"""Figure 28: attention of language models' first layers (small synthetic version)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.seeds import first_seed
from reprise.plotting import theme
from reprise.plotting.numbers import percent


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
            grid = own.pivot(index="query", columns="key", values="weight")
            mesh = ax.pcolormesh(
                grid.columns, grid.index, grid, cmap=theme.AMOUNTS, vmin=0, vmax=1, rasterized=True
            )
            ax.invert_yaxis()
            ax.set_aspect("equal")
            ax.set_title(f"{percent(_previous(lags, model, head))} on t-1, t-2", fontsize=7.5)
            ax.tick_params(labelsize=6.5)
        row[0].set_ylabel(f"softmax + {model}\nquery t", fontsize=8)
    for place, ax in enumerate(axes[-1], 1):
        ax.set_xlabel(f"key t', head {place}", fontsize=8)
    if mesh is not None:
        theme.colorbar(mesh, axes, "attention")
    return figure


def _previous(lags: DataFrame, model: str, head: int) -> float:
    own = first_seed(lags[(lags["attention"] == model) & (lags["head"] == head)])
    return float(own[own["lag"].astype(str).isin(["1", "2"])]["value"].sum())
