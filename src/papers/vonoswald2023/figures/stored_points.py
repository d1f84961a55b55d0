"""The authors' stored points, drawn alike in all figures."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.typing import ColorType
from pandas import DataFrame

from reprise.plotting import theme

STORED = "stored by the authors"
"""What open circles are."""
OTHER_DRAW = f"{STORED} (another MLP*)"
_OPEN: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 3.2, "mfc": "white", "mew": 0.8}
STORED_MARK: dict[str, Any] = _OPEN | {"mec": theme.REFERENCE}
"""The look of an open circle in keys."""


def stored_points(ax: Axes, rows: DataFrame, x: str, y: str, color: ColorType) -> None:
    """Small open circles at the authors' numbers, the columns ``x`` and ``y`` of ``rows``."""
    ax.plot(rows[x].to_numpy(float), rows[y].to_numpy(float), mec=color, zorder=4, **_OPEN)


def stored_label(ax: Axes, text: str = STORED, color: ColorType = theme.REFERENCE) -> None:
    """What open circles are, for the legend."""
    ax.plot([], [], label=text, **_OPEN | {"mec": color})


def of_figure(points: DataFrame, figure: str, **where: Any) -> DataFrame:
    """The authors' values of a figure that match ``where``."""
    chosen = points[points["figure"] == figure]
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return chosen
