"""The one look of every figure: colours, rc parameters, sizes, and marks that several share.

``with theme.apply(): theme.figure()`` gives a figure that ``render.render`` turns into bytes.
Colours have a fixed meaning in every figure and are distinct under colour-vision deficiencies.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib
import numpy as np
import seaborn
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import IdentityTransform
from matplotlib.typing import ColorType
from numpy.typing import ArrayLike
from pandas import DataFrame

from reprise.plotting.numbers import number

TRAIN = "#8427B0"
"""Training set (purple, as in Pearce et al. 2023)."""
TEST = "#0F7B4A"
"""Held-out set (green, as in Pearce et al. 2023)."""
HIGHLIGHT = "#D95F02"
"""The few lines among many that a figure is about."""
THEORY = "#1F1F1F"
"""Closed forms and exact predictors; drawn dashed."""
REFERENCE = "#6B7280"
"""Numbers published by the paper, beside ours."""
MUTED = "#9CA3AF"
"""Everything that is only there for comparison."""
BIAS = "#E377A8"
"""Weights of a constant input."""

MEMORISED = "#7A4FA3"
GROKKED = "#F2C12E"
TOGETHER = "#6FB7E3"
NO_LEARNING = "#B5B5B5"

CLASSES = {
    "memorised": MEMORISED,
    "grokked": GROKKED,
    "together": TOGETHER,
    "no learning": NO_LEARNING,
}
"""The four outcomes of a training run (Pearce et al. 2023): name -> colour."""

CATEGORIES = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#4D4D4D",
    "#332288",
)
"""Unordered groups, in this order (after Okabe and Ito)."""

WEIGHTS = "RdBu_r"
"""Diverging map of weights: positive red, negative blue, zero white."""
AMOUNTS = "mako_r"
"""Sequential map of ordered groups: first light, last dark."""
_FROM_WHITE = LinearSegmentedColormap.from_list(
    "amounts", ["#FFFFFF", *seaborn.color_palette(AMOUNTS, 12)[1:10]]
)
"""Map of amounts: none white, much dark."""

WIDTH_IN = {"column": 6.4, "wide": 7.2}
"""Figures are made for a column as wide as a page's text: 163 and 183 mm, printed as they are."""
LEAST_TEXT = 6.5
"""Points of the smallest text of a figure at that width."""
PT_PER_IN = 72
LABEL_SIZE = 8
TITLE_SIZE = 9.5

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
    """``count`` colours from light to dark for ordered groups (steps, widths, depths).

    The ramp stops before its darkest third, whose shades the eye cannot tell apart; more than six
    groups need something else than colour.
    """
    places = [0.55] if count == 1 else np.linspace(0.2, 0.8, count)
    return [tuple(color[:3]) for color in matplotlib.colormaps[AMOUNTS](places)]


def direct_label(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    color: str,
    *,
    dx: float = 4,
    dy: float = 0,
    ha: str = "left",
    va: str = "center",
) -> Annotation:
    """Write ``text`` beside the data point (x, y), shifted by (dx, dy) points."""
    return ax.annotate(
        text,
        (x, y),
        xytext=(dx, dy),
        textcoords="offset points",
        color=color,
        fontsize=LABEL_SIZE,
        ha=ha,
        va=va,
        annotation_clip=False,
    )


class _EndLabel(Annotation):
    """A text at the end of a line; a thin leader where the two lie apart.

    It is placed whenever it is drawn or measured, so that limits, scales and sizes may change
    after it was written.
    """

    def __init__(self, line: Line2D, text: str) -> None:
        _last_point(line)
        color = line.get_color()
        super().__init__(
            text,
            (1, 0),
            xycoords="axes fraction",
            xytext=(0, 0),
            textcoords="offset points",
            color=color,
            fontsize=LABEL_SIZE,
            va="center",
            annotation_clip=False,
            clip_on=False,
            transform=IdentityTransform(),
            arrowprops={
                "arrowstyle": "-",
                "lw": 0.6,
                "color": color,
                "relpos": (0, 0.5),
                "shrinkA": 1,
                "shrinkB": 1,
            },
        )
        self.line = line
        self.group: list[_EndLabel] = []

    def end(self) -> tuple[float, float]:
        """Where the line ends, as fractions of the axes."""
        ax = self.line.axes
        assert ax is not None
        ax.get_xlim(), ax.get_ylim()  # brings automatic limits up to date
        to_axes = ax.transScale + ax.transLimits
        x, y = np.clip(to_axes.transform(_last_point(self.line)), 0, 1)
        return float(x), float(y)

    def update_positions(self, renderer: Any) -> None:
        """Place the text beside those of the other lines of its axes."""
        ax = self.line.axes
        assert ax is not None
        points = PT_PER_IN / ax.figure.dpi
        width, height = points * ax.bbox.width, points * ax.bbox.height
        lines = max(label.get_text().count("\n") + 1 for label in self.group)
        ends = [label.end() for label in self.group]
        places = spread([y for _, y in ends], _LINE_PITCH * LABEL_SIZE * lines / height)
        moved = [
            abs(place - y) * height > LABEL_SIZE / 2 or (1 - x) * width > LABEL_SIZE
            for place, (x, y) in zip(places, ends, strict=True)
        ]
        own = next(place for place, label in enumerate(self.group) if label is self)
        x, y = ends[own]
        self.xy = (x, y)
        apart = _LEADER_PT if any(moved) else _BESIDE_PT
        self.xyann = ((1 - x) * width + apart, (places[own] - y) * height)
        assert self.arrow_patch is not None
        self.arrow_patch.set_visible(moved[own])
        super().update_positions(renderer)


_LINE_PITCH = 1.2
_BESIDE_PT, _LEADER_PT = 5, 14
"""From the axes to an end label: beside its line, and where leaders need room."""


def label_ends(ax: Axes, lines: Mapping[str, Line2D]) -> list[Annotation]:
    """Write each text at the right end of its line, in the line's colour, without overlaps.

    Labels keep the order of the ends and are moved apart until they do not touch; a thin leader
    joins a label to its line where they lie apart, be it that the line ends early. The place is
    found at drawing: limits may be set before or after.
    """
    labels = [_EndLabel(line, text) for text, line in lines.items()]
    for label in labels:
        label.group = labels
        ax.add_artist(label)
    return list(labels)


def _last_point(line: Line2D) -> tuple[float, float]:
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not finite.size:
        raise ValueError("a line without finite points has no end to label")
    return float(x[finite[-1]]), float(y[finite[-1]])


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Nearest positions inside [0, 1], in the same order, at least ``gap`` apart (least squares).

    Of equal positions the first comes out highest. If they do not all fit, they are evenly spaced
    from 0 to 1.
    """
    count = len(positions)
    if (count - 1) * gap >= 1:
        gap = 1 / max(count - 1, 1)
    order = np.lexsort((-np.arange(count), np.asarray(positions, float)))
    shifts = gap * np.arange(count)
    free = _isotonic(np.clip(np.asarray(positions, float)[order], 0, 1) - shifts)
    placed = np.clip(free, 0, 1 - (count - 1) * gap) + shifts
    result = np.empty(count)
    result[order] = placed
    return [float(value) for value in result]


def _isotonic(values: np.ndarray) -> np.ndarray:
    """Nearest non-decreasing sequence, by pooling adjacent violators."""
    blocks: list[list[float]] = []
    for value in values:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            last, before = blocks[-1]
            blocks[-1] = [(last * before + mean * size) / (before + size), before + size]
    return np.concatenate([np.full(int(size), mean) for mean, size in blocks])


def short_number(value: float) -> str:
    """10000 -> ``10k``, 1500 -> ``1.5k``, 2000000 -> ``2M``; below 1,000 as it is."""
    for unit, suffix in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:g}{suffix}"
    return f"{value:g}"


def step_axis(ax: Axes, *, label: str = "training step", ticks: int = 6) -> None:
    """Format the x axis as training steps: at most ``ticks`` intervals, written 0, 10k, 20k."""
    if ax.get_xscale() == "linear":
        ax.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10], integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))
    ax.set_xlabel(label)


def panel_label(ax: Axes, letter: str) -> Annotation:
    """Write a bold letter above the top left corner, left of the y axis."""
    return ax.annotate(
        letter,
        (0, 1),
        xycoords="axes fraction",
        xytext=(-8, 5),
        textcoords="offset points",
        fontweight="bold",
        fontsize=TITLE_SIZE,
        ha="right",
        va="bottom",
        annotation_clip=False,
    )


def band(
    ax: Axes,
    x: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    color: ColorType,
    *,
    alpha: float = 0.18,
) -> PolyCollection:
    """Fill the interval [low, high] over x, e.g. a confidence band, in the colour of its line."""
    return ax.fill_between(x, low, high, color=color, alpha=alpha, linewidth=0, zorder=1.5)


def line_with_band(
    ax: Axes,
    rows: DataFrame,
    x: str,
    y: str,
    color: ColorType,
    *,
    low: str = "low",
    high: str = "high",
    **line: Any,
) -> Line2D:
    """A line through the columns ``x`` and ``y`` of ``rows``, its interval as a band behind it."""
    band(ax, rows[x], rows[low], rows[high], color)
    (drawn,) = ax.plot(rows[x], rows[y], color=color, **line)
    return drawn


def say(figure: Figure, text: str) -> None:
    """A sentence about what is drawn, which stands below the picture, above the footer.

    For facts that follow from the tables (how many seeds, which one is shown, whether a network
    has learned its task): a caption is the same at every scale and cannot tell them.
    """
    label = figure.get_label()
    figure.set_label(f"{label} {text}".strip())


def key(figure: Figure, entries: Mapping[str, Mapping[str, Any]], columns: int = 4) -> None:
    """What lines and marks mean, in rows above all axes: text -> the style of ``Line2D``.

    For what colour and position do not say, such as thin lines for single seeds.
    """
    lines = {t: Line2D([], [], **{"color": THEORY, **style}) for t, style in entries.items()}
    legend_above(figure, lines, columns, handlelength=1.8)


def legend_above(
    figure: Figure, handles: Mapping[str, Any], columns: int = 4, handlelength: float = 1.6
) -> None:
    """One legend of ``handles`` (text -> line), in rows above all axes."""
    figure.legend(
        list(handles.values()),
        list(handles),
        loc="outside upper left",
        ncols=columns,
        columnspacing=1.4,
        handlelength=handlelength,
        handletextpad=0.5,
        labelspacing=0.3,
    )


def hold(ax: Axes, low: float, high: float) -> None:
    """Limits of the y axis that reach at least from ``low`` to ``high`` and hide no line.

    Lines of axes that share it count as well, so call it when all are drawn.

    Use it instead of fixed limits where data may lie beyond them. On a logarithmic axis, what is
    not positive is left out.
    """
    log = ax.get_yscale() == "log"
    same_axis = ax.get_shared_y_axes().get_siblings(ax)
    lines = [line for one in same_axis for line in data_lines(one)]
    values = [np.asarray(line.get_ydata(), float) for line in lines]
    known = np.concatenate([[low, high], *values])
    known = known[np.isfinite(known) & ((known > 0) | (not log))]
    least, most = float(known.min()), float(known.max())
    margin = (most / least) ** 0.03 if log else 0.03 * (most - least)
    if least < low:
        low = least / margin if log else least - margin
    if most > high:
        high = most * margin if log else most + margin
    ax.set_ylim(low, high)


_CUT = "cut"


def cut(ax: Axes, low: float, high: float, why: str) -> None:
    """Limits of the y axis beyond which curves of ``ax`` may lie; ``why`` is said below the figure.

    For curves of which a part would squeeze the rest. What is clipped without it is a fault.
    """
    ax.set_ylim(low, high)
    ax.set_label(_CUT)
    figure = ax.get_figure(root=True)
    assert figure is not None
    if why not in str(figure.get_label()):
        say(figure, why)


def is_cut(ax: Axes) -> bool:
    """Whether ``cut`` set the limits of ``ax``."""
    return ax.get_label() == _CUT


def data_lines(ax: Axes) -> list[Line2D]:
    """The lines of ``ax`` whose points are data in both directions."""
    return [line for line in ax.lines if line.get_transform() == ax.transData]


def weight_heatmap(ax: Axes, matrix: np.ndarray, limit: float | None = None) -> QuadMesh:
    """Draw weights (row, column), row 0 on top: red above zero, blue below, saturated at ``limit``.

    Without ``limit`` the largest absolute weight saturates. The cells are rasterized. Ticks are
    left out: set the ones that the figure needs at cell centres (index + 0.5).
    """
    if limit is None:
        limit = float(np.max(np.abs(matrix), initial=0)) or 1.0
    seaborn.heatmap(
        matrix,
        ax=ax,
        cmap=WEIGHTS,
        vmin=-limit,
        vmax=limit,
        cbar=False,
        xticklabels=False,
        yticklabels=False,
        rasterized=True,
    )
    ax.spines[:].set_visible(False)
    mesh = ax.collections[-1]
    assert isinstance(mesh, QuadMesh)
    return mesh


def scale_text(mesh: QuadMesh) -> str:
    """The end of the colours of ``weight_heatmap``, for a picture too small for a colour bar."""
    return f"\u00b1{number(mesh.get_clim()[1], 2)}"


def amount_heatmap(
    ax: Axes,
    matrix: np.ndarray,
    limit: float | None = None,
    *,
    edges: tuple[ArrayLike, ArrayLike] | None = None,
) -> QuadMesh:
    """Draw amounts (row, column), row 0 on top: white is zero, dark ``limit`` or more.

    Colours follow the root of an amount, which spreads small ones apart. Without ``limit`` it is
    the 98th percentile, so that a single cell does not wash out the rest; ``colorbar`` then shows
    that the scale is cut. ``edges`` are the bounds of columns and rows, by default whole numbers.
    """
    if limit is None:
        limit = float(np.nanpercentile(matrix, 98)) or float(np.nanmax(matrix)) or 1.0
    x, y = edges or (np.arange(matrix.shape[1] + 1), np.arange(matrix.shape[0] + 1))
    norm = PowerNorm(0.5, 0, limit)
    mesh = ax.pcolormesh(x, y, matrix, cmap=_FROM_WHITE, norm=norm, rasterized=True)
    if not ax.yaxis_inverted():
        ax.invert_yaxis()
    ax.spines[:].set_visible(False)
    return mesh


def colorbar(
    mesh: QuadMesh, axes: Axes | Sequence[Axes], label: str, *, pad: float = 0.02
) -> Colorbar:
    """Add a slim colour scale to the right of ``axes``, pointed where values lie beyond it.

    ``pad``: the space between them as a share of the width of ``axes``.
    """
    several = np.asarray(axes, dtype=object).ravel()
    meshes = [m for ax in several for m in ax.collections if isinstance(m, QuadMesh)]
    drawn = np.concatenate(
        [np.ma.filled(np.ma.asarray(m.get_array()), np.nan).ravel() for m in meshes or [mesh]]
    )
    low, high = mesh.get_clim()
    room = 1e-9 * (high - low)
    ends = (bool(np.nanmin(drawn) < low - room), bool(np.nanmax(drawn) > high + room))
    extend: Any = {(True, True): "both", (True, False): "min", (False, True): "max"}
    bar = several[0].figure.colorbar(
        mesh,
        ax=axes,
        label=label,
        shrink=0.8,
        aspect=25,
        pad=pad,
        extend=extend.get(ends, "neither"),
    )
    bar.outline.set_visible(False)
    return bar
