"""Errors of the constructed solution in numbers: for A4 and A5."""

from matplotlib.axes import Axes
from pandas import DataFrame

from reprise.plotting import theme

WRONG_FROM = 0.5
"""Error, in numbers, from which the nearest number is a wrong one."""


def error_points(ax: Axes, group: DataFrame) -> None:
    """Errors against the target, with dotted lines where the nearest number is a wrong one."""
    largest = group["error"].abs().max()
    for sign in (-WRONG_FROM, WRONG_FROM):
        ax.axhline(sign, color=theme.INK, lw=0.8, ls=":")
    ordered = group.sort_values("target")
    ax.plot(ordered["target"], ordered["error"], color=theme.MUTED, lw=0.6)
    ax.scatter(ordered["target"], ordered["error"], s=3, color=theme.CATEGORIES[0], zorder=3)
    bound = 1.2 * max(largest, WRONG_FROM)
    ax.set_ylim(-bound, bound)
