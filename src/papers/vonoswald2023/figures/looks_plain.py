"""Colours, names and marks that the figures on plain tokens share."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.stored import stored, stored_label
from reprise.plotting import theme

SOFTMAX, HYBRID, FEW_LAYERS, FULL_MESA, RELEASED_MESA = (
    theme.CATEGORIES[0],
    theme.CATEGORIES[1],
    theme.CATEGORIES[5],
    theme.CATEGORIES[2],
    theme.CATEGORIES[3],
)
NAMES = {
    "softmax7": ("7 softmax layers", SOFTMAX),
    "softmax3": ("3 softmax layers", FEW_LAYERS),
    "hybrid": ("softmax + mesa", HYBRID),
    "full_mesa": ("mesa + mesa", FULL_MESA),
    "released_mesa": ("linear + mesa", RELEASED_MESA),
    "partial_softmax": ("softmax layers", SOFTMAX),
    "partial_hybrid": ("softmax + mesa", HYBRID),
    "nonlinear_softmax": ("softmax layers", SOFTMAX),
    "nonlinear_hybrid": ("softmax + mesa", HYBRID),
}
"""Run -> what it is called in figures, and its colour."""


def line(ax: Axes, rows: DataFrame, model: str, y: str = "loss", **style: Any) -> Line2D:
    """A network's curve over ``t``, with its band where there is one."""
    name, color = NAMES[model]
    if "low" in rows:
        theme.band(ax, rows["t"], rows["low"], rows["high"], color)
    (drawn,) = ax.plot(rows["t"], rows[y], color=color, label=name, **style)
    return drawn


def theory(ax: Axes, rows: DataFrame, text: str, style: str, color: str = theme.THEORY) -> None:
    """The curve of an algorithm."""
    ax.plot(rows["t"], rows["loss"], color=color, ls=style, lw=1.1, zorder=3, label=text)


def marks(ax: Axes, points: DataFrame, color: Any, x: str = "t") -> None:
    """The authors' stored values."""
    stored(ax, points[x].to_numpy(float), points["value"].to_numpy(float), color)


def marks_label(ax: Axes, shown: bool) -> None:
    """An entry for the marks in the legend, where there are any."""
    if shown:
        stored_label(ax)


def published(points: DataFrame, figure: str, **where: Any) -> DataFrame:
    """The authors' values of a figure that match ``where``."""
    chosen = points[points["figure"] == figure]
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return chosen
