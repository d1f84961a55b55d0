"""From a figure to bytes that depend on the figure alone: no dates, versions or random ids."""

import textwrap
from io import BytesIO

from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from reprise.plotting import theme

PNG_DPI = 200
FOOTER_SIZE_PT = 6.5
FOOTER_COLOR = "#6B7280"
_PT_PER_IN = 72
_LINE_IN = 1.35 * FOOTER_SIZE_PT / _PT_PER_IN
_MARGIN_IN = 0.08
_MEAN_GLYPH = 0.58
"""Mean width of a DejaVu Sans glyph, in font sizes."""

_METADATA = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}


def render(figure: Figure, footer: str) -> dict[str, bytes]:
    """SVG and PNG bytes of ``figure``; ``footer`` (scale, seeds, numerics) stands below it in grey.

    The canvas grows downwards by the height of the footer. The figure is laid out once and stays
    so: each further pass of the constrained layout would move it by a fraction of a pixel. Raises
    ``ValueError`` if the footer is empty: no figure goes out without saying where it comes from.
    """
    lines = _wrap(footer, figure.get_figwidth())
    with theme.apply():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        added = figure.text(
            _MARGIN_IN / figure.get_figwidth(),
            0,
            "\n".join(lines),
            fontsize=FOOTER_SIZE_PT,
            color=FOOTER_COLOR,
            va="top",
            parse_math=False,
        )
        try:
            return {name: _save(figure, name, len(lines)) for name in ("svg", "png")}
        finally:
            added.remove()


def _wrap(footer: str, width_in: float) -> list[str]:
    room_pt = (width_in - 2 * _MARGIN_IN) * _PT_PER_IN
    lines = textwrap.wrap(footer, int(room_pt / (_MEAN_GLYPH * FOOTER_SIZE_PT)))
    if not lines:
        raise ValueError("the footer is empty: say scale, seeds and numerics")
    return lines


def _save(figure: Figure, name: str, footer_lines: int) -> bytes:
    below = footer_lines * _LINE_IN + _MARGIN_IN
    page = Bbox([[0, -below], [figure.get_figwidth(), figure.get_figheight()]])
    buffer = BytesIO()
    figure.savefig(buffer, format=name, dpi=PNG_DPI, bbox_inches=page, metadata=_METADATA[name])
    return buffer.getvalue()
