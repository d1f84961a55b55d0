"""The one look of every figure: rc parameters, sizes, colours and shared marks.

``with theme.apply(): theme.figure()`` gives a figure that ``render.render`` turns into bytes. The
colours of ``palette`` and the marks of ``marks`` can be used as ``theme.TRAIN``, ``theme.band``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib
import seaborn
from cycler import cycler
from matplotlib.figure import Figure

from reprise.plotting.marks import (
    band,
    colorbar,
    direct_label,
    label_ends,
    line_with_band,
    panel_label,
    short_number,
    step_axis,
    weight_heatmap,
)
from reprise.plotting.palette import (
    AMOUNTS,
    BIAS,
    CATEGORIES,
    CLASSES,
    GROKKED,
    HIGHLIGHT,
    MEMORISED,
    MUTED,
    NO_LEARNING,
    REFERENCE,
    TEST,
    THEORY,
    TOGETHER,
    TRAIN,
    WEIGHTS,
)

__all__ = [
    "AMOUNTS",
    "BIAS",
    "CATEGORIES",
    "CLASSES",
    "GROKKED",
    "HIGHLIGHT",
    "INK",
    "MEMORISED",
    "MUTED",
    "NO_LEARNING",
    "REFERENCE",
    "TEST",
    "THEORY",
    "TOGETHER",
    "TRAIN",
    "WEIGHTS",
    "apply",
    "band",
    "colorbar",
    "direct_label",
    "figure",
    "label_ends",
    "line_with_band",
    "ordered",
    "panel_label",
    "short_number",
    "step_axis",
    "weight_heatmap",
]

WIDTH_IN = {"column": 6.4, "wide": 7.2}

INK = "#262626"
"""Text and axes."""

OVERRIDES: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.title_fontsize": 8,
    "legend.frameon": False,
    "figure.titlesize": 11,
    "figure.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "xtick.major.width": 0.8,
    "ytick.major.width": 0.8,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "xtick.major.size": 3.5,
    "ytick.major.size": 3.5,
    "xtick.minor.size": 2,
    "ytick.minor.size": 2,
    "lines.linewidth": 1.6,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#E5E7EB",
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.06,
    "figure.constrained_layout.h_pad": 0.06,
    "image.cmap": WEIGHTS,
    "axes.formatter.useoffset": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "reprise",
}


@contextmanager
def apply() -> Iterator[None]:
    """Use the theme inside the ``with`` block, whatever a matplotlibrc says; restore after it."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(seaborn.plotting_context("paper"))
        matplotlib.rcParams.update(seaborn.axes_style("ticks"))
        matplotlib.rcParams.update(OVERRIDES)
        matplotlib.rcParams["axes.prop_cycle"] = cycler(color=CATEGORIES)
        yield


def figure(
    width: Literal["column", "wide"] = "column",
    height: float = 4.0,
    *,
    nrows: int = 1,
    ncols: int = 1,
    **subplots: Any,
) -> tuple[Figure, Any]:
    """A figure ``height`` inches high and its axes, shaped as ``Figure.subplots`` shapes them.

    ``subplots`` takes what ``Figure.subplots`` takes: sharex, sharey, squeeze, width_ratios, ...
    """
    drawn = Figure(figsize=(WIDTH_IN[width], height))
    return drawn, drawn.subplots(nrows, ncols, **subplots)


def ordered(count: int) -> list[tuple[float, float, float]]:
    """``count`` colours from light to dark for ordered groups (steps, widths, depths)."""
    return [tuple(color) for color in seaborn.color_palette(AMOUNTS, count + 1)[1:]]
