"""Past tokens in the residual stream of the last one: Figures 2, 17 and 21."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame

from papers.vonoswald2023.figures import looks_plain as looks
from papers.vonoswald2023.tables.token_summary import FEATURES_LONG_AGO, HELD
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
STORED = "fig2a", "fig2a_partial"
FLOOR = 1e-5
"""Errors below are drawn here: published ones are rounded to 0."""
STYLES = {0: ("newest", "-"), 1: ("one back", "--"), 2: ("three or more back", ":")}


def horizons(tables: Tables) -> Figure:
    """Figure 2A: softmax and hybrid networks on fully and partly observed systems."""
    chosen = {
        "fully observed": (tables["fully_tokens"], ["softmax7", "hybrid"]),
        "partly observed": (tables["partial_tokens"], ["partial_softmax", "partial_hybrid"]),
    }
    figure, axes = theme.figure("wide", 3.2, ncols=2, sharey=True)
    for ax, (title, (table, runs)) in zip(axes, chosen.items(), strict=True):
        for run in runs:
            _line(ax, table, run, "mse", "-", tables["plain_published"])
        _frame(ax, table, title)
    _label(axes[0], tables)
    return figure


def fully(tables: Tables) -> Figure:
    """Figure 17: every kind of network on fully observed systems."""
    table, points = tables["fully_tokens"], tables["plain_published"]
    runs = list(dict.fromkeys(table["run"])) or ["softmax7"]
    figure, axes = theme.figure("wide", 2.9, ncols=len(runs), sharey=True, squeeze=False)
    for ax, run in zip(axes[0], runs, strict=True):
        name, _ = looks.NAMES[run]
        _line(ax, table, run, "mse", "-", points).set_label("sequences of the fit")
        _line(ax, table, run, "held_out", ":", None).set_label("other sequences")
        _frame(ax, table, name)
        ax.set_title(name, fontsize=8.5)
    _label(axes[0, 0], tables)
    axes[0, 0].legend(loc="lower left", labelspacing=0.2, handlelength=1.2, fontsize=6.2)
    return figure


def widths(tables: Tables) -> Figure:
    """Figure 21: by width, softmax and hybrid networks."""
    table = tables["width_tokens"]
    kinds = {"partial_softmax": "softmax layers", "partial_hybrid": "softmax + mesa"}
    figure, axes = theme.figure("wide", 3.2, ncols=2, sharey=True)
    every = sorted(table["width"].unique())
    colors = dict(zip(every, theme.ordered(len(every)), strict=True))
    for ax, (kind, title) in zip(axes, kinds.items(), strict=True):
        own = table[table["run"].str.startswith(kind)]
        for width, rows in own.groupby("width"):
            mse = rows.groupby("t")["mse"].mean().clip(FLOOR)
            ax.plot(mse.index, mse, color=colors[width], marker="o", ms=3, label=f"width {width}")
        _frame(ax, table, title)
        limit = HELD * own.groupby("t")["variance"].mean()
        ax.plot(limit.index, limit, color=theme.MUTED, ls="--", lw=0.9, zorder=1)
    axes[0].set_ylabel("mean squared error")
    axes[0].legend(loc="lower left", labelspacing=0.25)
    return figure


def features(tables: Tables) -> Figure:
    """Figure 2B: MLP* of past observations by layer, a panel per network."""
    table, points = tables["feature_tokens"], tables["plain_published"]
    runs = ["nonlinear_softmax", "nonlinear_hybrid"]
    figure, axes = theme.figure("wide", 3.2, ncols=2, sharey=True, width_ratios=[1.6, 1])
    for ax, run in zip(axes, runs, strict=True):
        name, color = looks.NAMES[run]
        rows = table[table["run"] == run]
        ages = rows["back"].clip(upper=FEATURES_LONG_AGO)
        for age, (text, style) in zip((0, 1, FEATURES_LONG_AGO), STYLES.values(), strict=True):
            mse = rows[ages == age].groupby("layer")["mse"].mean()
            ax.plot(mse.index, mse, color=color, ls=style, marker=".", label=text)
        stored = looks.published(points, "fig2b", model=run)
        looks.marks(ax, stored, color, "layer")
        ax.set(yscale="log", xlabel="layer (0: input)", title=name)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        looks.marks_label(ax, bool(len(stored)))
    axes[0].set_ylabel("mean squared error")
    axes[0].legend(loc="lower right", labelspacing=0.25)
    return figure


def _line(
    ax: Axes, table: DataFrame, run: str, column: str, style: str, points: DataFrame | None
) -> Any:
    name, color = looks.NAMES[run]
    mse = table[table["run"] == run].groupby("t")[column].mean().clip(FLOOR)
    (line,) = ax.plot(mse.index, mse, color=color, ls=style, marker=".", label=name)
    if points is not None:
        stored = points[points["figure"].isin(STORED) & (points["model"] == run)]
        looks.marks(ax, stored.assign(value=stored["value"].astype(float).clip(FLOOR)), color)
    return line


def _frame(ax: Axes, table: DataFrame, title: str) -> None:
    variance = table.groupby("t")["variance"].mean()
    ax.plot(variance.index, variance, color=theme.MUTED, ls=":", lw=1)
    ax.set(yscale="log", xlabel="past position t'", title=title)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _label(ax: Axes, tables: Tables) -> None:
    looks.marks_label(ax, bool(len(tables["plain_published"])))
    ax.set_ylabel("mean squared error")
    ax.legend(loc="lower left", labelspacing=0.25)
