"""Colours and marks of the figures on few-shot learning, sizes and distilled layers."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from pandas import DataFrame

from reprise.plotting import theme

SOFTMAX = theme.CATEGORIES[0]
HYBRID = theme.CATEGORIES[1]
KERNEL = theme.CATEGORIES[4]

Color = tuple[float, float, float]


def mixed(color: str, other: str, share: float) -> Color:
    """``color`` with a ``share`` of ``other``: tones of one network's colour."""
    pairs = zip(to_rgb(color), to_rgb(other), strict=True)
    red, green, blue = ((1 - share) * own + share * more for own, more in pairs)
    return red, green, blue


def curve(ax: Axes, rows: DataFrame, x: str, color: Any, **style: Any) -> Line2D:
    """Losses over ``x`` with their band."""
    ax.fill_between(rows[x], rows["low"], rows["high"], color=color, alpha=0.18, lw=0, zorder=1.5)
    (drawn,) = ax.plot(rows[x], rows["loss"], color=color, **style)
    return drawn
