"""The authors' stored points, drawn alike in all figures."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.typing import ColorType
from pandas import DataFrame

from reprise.plotting import theme

_MARK: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 3.2, "mfc": "white", "mew": 0.8}


def stored_points(ax: Axes, rows: DataFrame, x: str, y: str, color: ColorType) -> None:
    """Small open circles at the authors' numbers, the columns ``x`` and ``y`` of ``rows``."""
    ax.plot(rows[x].to_numpy(float), rows[y].to_numpy(float), mec=color, zorder=4, **_MARK)


def stored_label(ax: Axes) -> None:
    """What open circles are, for the legend."""
    ax.plot([], [], mec=theme.REFERENCE, label="stored by the authors", **_MARK)


def of_figure(points: DataFrame, figure: str, **where: Any) -> DataFrame:
    """The authors' values of a figure that match ``where``."""
    chosen = points[points["figure"] == figure]
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return chosen
