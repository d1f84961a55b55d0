"""The authors' stored points, drawn alike in all figures."""

from typing import Any

from matplotlib.axes import Axes

from reprise.plotting import theme

_MARK: dict[str, Any] = {"ls": "none", "marker": "o", "ms": 3.2, "mfc": "white", "mew": 0.8}


def stored(ax: Axes, x: Any, y: Any, color: Any) -> None:
    """Small open circles at the authors' numbers."""
    ax.plot(x, y, mec=color, zorder=4, **_MARK)


def stored_label(ax: Axes) -> None:
    """What open circles are, for the legend."""
    ax.plot([], [], mec=theme.REFERENCE, label="stored by the authors", **_MARK)
