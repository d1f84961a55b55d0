"""The report: one HTML file without scripts or network, a pure function of its model."""

import base64
import hashlib
import re
from pathlib import Path

import jinja2
from markupsafe import Markup

from reprise.report import text
from reprise.report.model import VERDICTS, ReportModel

FOLDER = Path(__file__).parent
TEMPLATE = "report.html.jinja"
STYLE = "report.css"
_PX_PER_PT = 4 / 3
_SVG_SIZE = re.compile(rb'<svg[^>]*? width="([0-9.]+)pt" height="([0-9.]+)pt"')


def build(model: ReportModel) -> str:
    """The page for ``model``; equal models give equal text.

    Nothing in the model can act: text is escaped, pictures are embedded as images (in which
    browsers run no script), and the content security policy allows the page's own style alone.
    """
    style = (FOLDER / STYLE).read_text(encoding="utf-8")
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            model=model,
            verdicts=VERDICTS,
            style=Markup(style),
            policy=_policy(style),
            figures={
                (paper.key, figure.name) for paper in model.papers for figure in paper.figures
            },
        )
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        number=text.number,
        threshold=text.threshold,
        published=text.published,
        duration=text.duration,
        web_link=text.web_link,
        short=text.SHORT.__getitem__,
        slug=text.SLUG.__getitem__,
        data_uri=_data_uri,
        size=_size,
        segments=segments,
    )
    environment.globals.update(anchor=text.anchor, interval=text.interval)
    return environment


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; "
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _data_uri(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def _size(svg: bytes) -> tuple[int, int] | None:
    """Width and height in CSS pixels, so that the page does not jump while pictures load."""
    found = _SVG_SIZE.search(svg[:2000])
    if found is None:
        return None
    width, height = (round(float(side) * _PX_PER_PT) for side in found.groups())
    return width, height


def segments(counts: dict[str, int]) -> list[tuple[str, float, float]]:
    """(verdict, start, width) of the pieces of a bar of width 100; empty counts have none."""
    total = sum(counts.values())
    pieces, start = [], 0.0
    for verdict, number in counts.items():
        if number:
            width = 100 * number / total
            pieces.append((verdict, round(start, 3), round(width, 3)))
            start += width
    return pieces
