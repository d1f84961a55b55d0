"""What a reader would stumble over in a finished picture, found from its parts."""

import re

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from reprise.plotting import theme

LEAST_VISIBLE = 0.5
"""Share of the points of a line that have to lie within the limits."""
_NO_ZERO = re.compile(r"(?<![\d.\w])\.\d")


class FigureFault(UserWarning):
    """Something in a picture is hidden or cut off."""


def faults(figure: Figure) -> list[str]:
    """Hidden lines, texts that are cut off, bare decimal points of a figure that is laid out."""
    hidden = [text for ax in figure.axes for text in _hidden(ax)]
    return [*hidden, *_of_texts(figure)]


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
    for artist in (*theme.data_lines(ax), *_dots(ax)):
        inside = _inside(ax, _points(artist))
        if artist.get_visible() and inside.size and inside.mean() < LEAST_VISIBLE:
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


def _points(artist: Artist) -> np.ndarray:
    """Finite points (point, 2) of a line or of dots."""
    if isinstance(artist, Line2D):
        points = np.asarray(artist.get_xydata(), float)
    else:
        assert isinstance(artist, PathCollection)
        points = np.ma.filled(np.ma.asarray(artist.get_offsets(), float), np.nan)
    return points[np.isfinite(points).all(axis=1)]


def _inside(ax: Axes, points: np.ndarray) -> np.ndarray:
    """Which points lie within the limits; of those that a logarithmic axis has room for."""
    if not len(points):
        return np.zeros(0, bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = (ax.transScale + ax.transLimits).transform(points)
    places = places[np.isfinite(places).all(axis=1)]
    return (np.abs(places - 0.5) <= 0.5 + 1e-6).all(axis=1)


def _name(artist: Artist) -> str:
    label = str(artist.get_label())
    return "a line" if label.startswith("_") else f"{label!r}"


def _of_texts(figure: Figure) -> list[str]:
    page = figure.bbox
    found = []
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        words = text.get_text()
        if not words.strip() or not text.get_visible():
            continue
        if _NO_ZERO.search(words):
            found.append(f"{words!r} has a decimal point without a zero before it")
        box = text.get_window_extent()
        if (
            box.x0 < page.x0 - 1
            or box.x1 > page.x1 + 1
            or box.y0 < page.y0 - 1
            or box.y1 > page.y1 + 1
        ):
            found.append(f"{words!r} is cut off at the edge of the page")
    return found
