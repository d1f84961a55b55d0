"""Past tokens in the residual stream of the last one: Figures 2A, 17 and 21."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import NAMES
from papers.vonoswald2023.figures.stored_points import stored_label, stored_points
from reprise.plotting import theme

STORED = "fig2a", "fig2a_partial"
FLOOR = 1e-5
"""Errors below are drawn here: published ones are rounded to 0."""


def token_line(
    ax: Axes, table: DataFrame, run: str, column: str, style: str, points: DataFrame | None
) -> Any:
    """Mean of an error of the network ``run`` over t, with the authors' points."""
    name, color = NAMES[run]
    mse = table[table["model"] == run].groupby("t")[column].mean().clip(FLOOR)
    (line,) = ax.plot(mse.index, mse, color=color, ls=style, marker=".", label=name)
    if points is not None:
        stored = points[points["figure"].isin(STORED) & (points["model"] == run)]
        known = stored.assign(value=stored["value"].astype(float).clip(FLOOR))
        stored_points(ax, known, "t", "value", color)
    return line


def token_frame(ax: Axes, table: DataFrame, title: str) -> None:
    """Axes, title, and the variance, which is the error of knowing nothing."""
    variance = table.groupby("t")["variance"].mean()
    ax.plot(variance.index, variance, color=theme.MUTED, ls=":", lw=1)
    ax.set(yscale="log", xlabel="past position t'", title=title)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def token_label(ax: Axes, tables: Mapping[str, DataFrame]) -> None:
    """Legend and the label of the axis of errors."""
    if len(tables["plain_published"]):
        stored_label(ax)
    ax.set_ylabel("mean squared error")
    ax.legend(loc="lower left", labelspacing=0.25)
