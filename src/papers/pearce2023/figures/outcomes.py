"""How the sweeps F8 and F21 of Pearce et al. 2023 show the four outcomes of a run."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from papers.pearce2023.analysis.classes import CLASSES, NAMES
from reprise.plotting import theme

COLORS = dict(zip(CLASSES, theme.CLASSES.values(), strict=True))
"""Class -> colour: M, K, G, N in the order of the theme's classes."""


def legend(figure: Figure) -> None:
    """The four classes as coloured squares with their names, in one row at the top."""
    handles = [Patch(color=COLORS[name], label=f"{NAMES[name]} ({name})") for name in CLASSES]
    figure.legend(handles=handles, ncols=4, handlelength=1, columnspacing=1.6, loc="upper center")


def stacked_bar(
    ax: Axes, at: float, shares: Sequence[float], *, width: float = 0.8, faint: bool = False
) -> None:
    """A horizontal bar at height ``at`` from 0 to 1 with the four class shares in order."""
    start = 0.0
    for name, share in zip(CLASSES, shares, strict=True):
        ax.barh(
            at,
            share,
            width,
            left=start,
            color=COLORS[name],
            alpha=0.45 if faint else 1.0,
            linewidth=0,
        )
        start += share
