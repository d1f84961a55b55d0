"""What a reader would stumble over in a finished picture, found from its parts."""

import re

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from reprise.plotting import theme

_NUMBERS = {
    "a decimal point without a zero before it": r"(?<![\d.\w])\.\d",
    "a percent sign without a space before it": r"\d%",
    "four digits or more without a comma": r"(?<![\w.,])\d{4,}(?![\w.])",
    "thousands as a letter": r"\dk\b",
    "a hyphen as a minus": r"(?<![\w)\]])-\d",
}
"""What is wrong with how a number is written -> a pattern of it; ``numbers.number`` does none."""
_FORMULA = re.compile(r"\$[^$]*\$")


class FigureFault(UserWarning):
    """Something in a picture is hidden or cut off."""


def faults(figure: Figure) -> list[str]:
    """Clipped curves and texts, illegible texts and badly written numbers of ``figure``.

    The figure has to be laid out. Axes of ``theme.cut`` may clip a curve, but not most of it.
    """
    hidden = [text for ax in figure.axes for text in _hidden(ax)]
    return [*hidden, *_of_texts(figure), *_of_numbers(str(figure.get_label()))]


def show_edges(figure: Figure) -> None:
    """Draw lines and marks whole where a point lies on the edge of its axes, instead of half."""
    for ax in figure.axes:
        drawn: list[Artist] = [*theme.data_lines(ax), *_dots(ax)]
        for artist in drawn:
            inside = _inside(ax, _points(artist))
            if inside.size and inside.all():
                artist.set_clip_on(False)


def _hidden(ax: Axes) -> list[str]:
    found = []
    needed = 0.5 if theme.is_cut(ax) else 1.0
    for artist in (*theme.data_lines(ax), *_dots(ax), *_bundles(ax)):
        inside = _inside(ax, _points(artist))
        if artist.get_visible() and inside.size and inside.mean() < needed:
            name = ax.get_title("left") or ax.get_title() or ax.get_ylabel() or "axes"
            outside = f"{np.sum(~inside)} of {inside.size} points"
            found.append(f"{name!r}: {outside} of {_name(artist)} lie beyond the limits")
    return found


def _dots(ax: Axes) -> list[PathCollection]:
    return [
        dots
        for dots in ax.collections
        if isinstance(dots, PathCollection) and dots.get_offset_transform() == ax.transData
    ]


def _bundles(ax: Axes) -> list[LineCollection]:
    return [
        lines
        for lines in ax.collections
        if isinstance(lines, LineCollection) and lines.get_transform() == ax.transData
    ]


def _points(artist: Artist) -> np.ndarray:
    """Finite points (point, 2) of a line, of a bundle of lines or of dots."""
    if isinstance(artist, Line2D):
        points = np.asarray(artist.get_xydata(), float)
    elif isinstance(artist, LineCollection):
        parts = [np.reshape(part, (-1, 2)) for part in artist.get_segments()]
        points = np.concatenate([np.zeros((0, 2)), *parts])
    else:
        assert isinstance(artist, PathCollection)
        points = np.ma.filled(np.ma.asarray(artist.get_offsets(), float), np.nan)
    return points[np.isfinite(points).all(axis=1)]


def _inside(ax: Axes, points: np.ndarray) -> np.ndarray:
    """Which points lie within the limits; of those that a logarithmic axis has room for."""
    for column, scale in enumerate((ax.get_xscale(), ax.get_yscale())):
        if scale == "log":
            points = points[points[:, column] > 0]
    if not len(points):
        return np.zeros(0, bool)
    places = (ax.transScale + ax.transLimits).transform(points)
    return np.asarray((np.abs(places - 0.5) <= 0.5 + 1e-6).all(axis=1))


def _name(artist: Artist) -> str:
    label = str(artist.get_label())
    if not label.startswith("_"):
        return f"{label!r}"
    names: dict[type, str] = {Line2D: "a line", LineCollection: "lines"}
    return names.get(type(artist), "dots")


def _of_texts(figure: Figure) -> list[str]:
    page = figure.bbox.padded(1)
    found = [_small(text) for text in (*_texts(figure), *_tick_labels(figure))]
    for text in _texts(figure):
        words, box = text.get_text(), text.get_window_extent()
        found += _of_numbers(words)
        if not page.contains(*box.min) or not page.contains(*box.max):
            found.append(f"{words!r} is cut off at the edge of the page")
    return [fault for fault in found if fault]


def _small(text: Text) -> str:
    size = float(text.get_fontsize())
    if size >= theme.LEAST_TEXT:
        return ""
    return f"{text.get_text()!r} is {size:g} pt large, less than {theme.LEAST_TEXT:g} pt"


def _tick_labels(figure: Figure) -> list[Text]:
    """A tick label of every axis that has any."""
    axes = [ax for ax in figure.axes if ax.get_visible() and ax.axison]
    shown = [
        [text for text in axis.get_ticklabels() if text.get_visible() and text.get_text().strip()]
        for ax in axes
        for axis in (ax.xaxis, ax.yaxis)
    ]
    return [labels[-1] for labels in shown if labels]


def _of_numbers(words: str) -> list[str]:
    plain = _FORMULA.sub("", words)
    return [
        f"{words!r} has {wrong}" for wrong, pattern in _NUMBERS.items() if re.search(pattern, plain)
    ]


def _texts(figure: Figure) -> list[Text]:
    """What is written in ``figure``, but for the ticks, some of which lie beyond the limits."""
    hidden: set[int] = set()
    for ax in figure.axes:
        axes = (ax.xaxis, ax.yaxis)
        ticks = [tick for axis in axes for tick in (*axis.majorTicks, *axis.minorTicks)]
        hidden |= {id(label) for tick in ticks for label in (tick.label1, tick.label2)}
        unseen = [ax] if not ax.get_visible() else [] if ax.axison else axes
        hidden |= {id(text) for artist in unseen for text in artist.findobj(Text)}
    return [
        text
        for text in figure.findobj(Text)
        if id(text) not in hidden and text.get_visible() and text.get_text().strip()
    ]
