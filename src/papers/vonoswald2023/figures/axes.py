"""Labels and ticks of axes that several figures have in common."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

LOSS = "squared error / 2"
SEEN = "observations seen, t"
_TICKS = ((1, (1, 2, 3, 5, 7)), (2, (1, 2, 5)), (np.inf, (1, 3)))
"""Decades up to which an axis has ticks at these multiples of powers of ten."""


def plain_ticks(ax: Axes) -> None:
    """Ticks of a logarithmic y axis, written 0.2, 0.5, 1; call it when all is drawn."""
    low, high = ax.get_ylim()
    decades = np.log10(high / low)
    multiples = next(multiples for most, multiples in _TICKS if decades <= most)
    ax.yaxis.set_major_locator(LogLocator(subs=multiples))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
