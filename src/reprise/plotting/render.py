"""From a figure to bytes that depend on the figure alone: no dates, versions or random ids."""

import textwrap
import warnings
from io import BytesIO

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from reprise.plotting import theme
from reprise.plotting.check import FigureFault, faults, show_edges

PNG_DPI = 200
FOOTER_SIZE_PT = 6.5
FOOTER_COLOR = "#6B7280"
SAID_SIZE_PT = 7.5
_MARGIN_IN = 0.08
_MEAN_GLYPH = 0.58
"""Mean width of a DejaVu Sans glyph, in font sizes."""

_METADATA = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}


def render(figure: Figure, footer: str) -> dict[str, bytes]:
    """SVG and PNG bytes of ``figure``; ``footer`` (scale, seeds, numerics) stands below it in grey.

    What ``theme.say`` noted stands between the two. The canvas grows downwards by the height of
    both. The figure is laid out once and stays so: each further pass of the constrained layout
    would move it by a fraction of a pixel. Raises ``ValueError`` if the footer is empty: no figure
    goes out without saying where it comes from. Warns (``FigureFault``) of what is hidden or cut.
    """
    if not footer.strip():
        raise ValueError("the footer is empty: say scale, seeds and numerics")
    said = str(figure.get_label())
    with theme.apply():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for fault in faults(figure):
            warnings.warn(fault, FigureFault, stacklevel=2)
        show_edges(figure)
        below, added = 0.0, []
        for words, size, color in (
            (said, SAID_SIZE_PT, theme.INK),
            (footer, FOOTER_SIZE_PT, FOOTER_COLOR),
        ):
            lines = _wrap(words, figure.get_figwidth(), size)
            added.append(_write_below(figure, lines, below, size, color))
            below += len(lines) * _line_in(size)
        try:
            return {name: _save(figure, name, below + _MARGIN_IN) for name in ("svg", "png")}
        finally:
            for text in added:
                text.remove()


def _write_below(
    figure: Figure, lines: list[str], below_in: float, size_pt: float, color: str
) -> Text:
    return figure.text(
        _MARGIN_IN / figure.get_figwidth(),
        -below_in / figure.get_figheight(),
        "\n".join(lines),
        fontsize=size_pt,
        color=color,
        va="top",
        parse_math=False,
    )


def _line_in(size_pt: float) -> float:
    return 1.35 * size_pt / theme.PT_PER_IN


def _wrap(text: str, width_in: float, size_pt: float) -> list[str]:
    room_pt = (width_in - 2 * _MARGIN_IN) * theme.PT_PER_IN
    return textwrap.wrap(text, int(room_pt / (_MEAN_GLYPH * size_pt)))


def _save(figure: Figure, name: str, below_in: float) -> bytes:
    page = Bbox([[0, -below_in], [figure.get_figwidth(), figure.get_figheight()]])
    buffer = BytesIO()
    figure.savefig(buffer, format=name, dpi=PNG_DPI, bbox_inches=page, metadata=_METADATA[name])
    return buffer.getvalue()
