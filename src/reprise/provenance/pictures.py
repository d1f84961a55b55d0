"""Compare two drawings of one figure: the same shapes and texts, up to rounding?"""

import io
import re

import numpy as np

from reprise.provenance.comparison import IDENTICAL, Difference, Status

POINTS = 0.01
"""Coordinates of an SVG that are as near as this (in points) look the same."""

SHADES = 8
"""Shades (of 255) by which smoothed edges may differ between two processors."""

_NAME = re.compile(r'(?<=\bid=")[^"]*|(?<=\bhref="#)[^"]*|(?<=\burl\(#)[^)"]*')
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def compare_svg(before: bytes, after: bytes) -> Difference:
    """Compare two SVGs: everything but numbers exactly, numbers up to ``POINTS``.

    Names of elements (digests of what they hold) are compared by the order in which they come.
    """
    if before == after:
        return IDENTICAL
    try:
        texts = [_NAME.sub(_Numbered(), data.decode()) for data in (before, after)]
    except UnicodeDecodeError as error:
        return Difference("differs", (f"not a drawing: {error}",))
    old, new = (np.array(_NUMBER.findall(text), dtype=float) for text in texts)
    outlines = [_NUMBER.sub("0", text) for text in texts]
    if outlines[0] != outlines[1] or old.size != new.size:
        return Difference("differs", ("other shapes or texts",))
    farthest = float(np.abs(old - new).max(initial=0.0))
    status: Status = "equal" if farthest <= POINTS else "differs"
    return Difference(status, (f"coordinates up to {farthest:.3g} points apart",))


def compare_png(before: bytes, after: bytes) -> Difference:
    """Compare two PNGs pixel by pixel, each channel up to ``SHADES``."""
    from matplotlib.image import imread

    if before == after:
        return IDENTICAL
    try:
        old, new = (imread(io.BytesIO(data), format="png") for data in (before, after))
    except (ValueError, OSError, SyntaxError) as error:
        return Difference("differs", (f"not a picture: {error}",))
    if old.shape != new.shape:
        return Difference("differs", (f"{_size(old)} pixels became {_size(new)}",))
    apart = np.abs(old - new).reshape(*old.shape[:2], -1).max(axis=-1) * 255
    share = 100 * float((apart > 0).mean())
    status: Status = "equal" if apart.max(initial=0.0) <= SHADES else "differs"
    return Difference(
        status, (f"{share:.3g} % of the pixels differ, by up to {apart.max():.0f} of 255 shades",)
    )


class _Numbered:
    """Names each match by how many other names came before its first."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def __call__(self, match: re.Match[str]) -> str:
        return f"n{self.known.setdefault(match[0], len(self.known))}"


def _size(picture: np.ndarray) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"
