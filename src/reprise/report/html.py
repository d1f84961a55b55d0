"""Pages without scripts or network: the report, two result trees side by side, and a lineage.

Nothing in them can act: text is escaped, pictures are embedded as images (in which browsers run no
script), and the content security policy allows the page's own style alone.
"""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from reprise.audit.compare import Comparison
from reprise.audit.diff import NodeDifference, environments
from reprise.graph.nodes import Node, ranges
from reprise.jobs.produce import Parents
from reprise.records.inventory import Inventory
from reprise.report import text
from reprise.report.model import ReportModel, report_model
from reprise.report.trace import Trace, facts
from reprise.specs.verdicts import SLUG, VERDICTS

_FOLDER = Path(__file__).parent
_PX_PER_PT = 4 / 3
_SVG_SIZE = re.compile(rb'<svg[^>]*? width="([0-9.]+)pt" height="([0-9.]+)pt"')


def report(node: Node, parents: Parents) -> bytes:
    """The page of the node ``report``; ``parents`` holds all its ancestors."""
    return build(report_model(node, parents)).encode()


def build(model: ReportModel) -> str:
    """The page for ``model``; equal models give equal text."""
    return _page(
        "report.html.jinja",
        _style("report.css"),
        model=model,
        verdicts=VERDICTS,
        figures={(paper.key, figure.name) for paper in model.papers for figure in paper.figures},
    )


def build_comparison(comparison: Comparison) -> str:
    """The page of two trees; equal trees give equal text."""
    sides = (comparison.a, comparison.b)
    return _page(
        "pages/compare.html.jinja",
        _style("report.css", "pages/compare.css"),
        comparison=comparison,
        pictures={
            node.id: [_picture(side, node) for side in sides] for node in comparison.of("figure")
        },
        environments=environments(comparison.nodes),
        names=[str(side.folder) for side in sides],
    )


def build_trace(traced: Trace, where: str) -> str:
    """The page of one lineage in the tree ``where``; equal records give equal text."""
    return _page(
        "pages/trace.html.jinja",
        _style("report.css"),
        traced=traced,
        facts=list(facts(traced)),
        picture=traced.picture(),
        where=where,
    )


def _picture(side: Inventory, node: NodeDifference) -> bytes | None:
    name = next((name for name in node.files if name.endswith(".svg")), "")
    try:
        return side.entries[node.id].read(name) if name else None
    except OSError:
        return None


def _style(*names: str) -> str:
    return "".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


def _page(template: str, style: str, **values: Any) -> str:
    page = _environment().get_template(template)
    return page.render(style=Markup(style), policy=_policy(style), **values)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
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
        slug=SLUG.__getitem__,
        data_uri=_data_uri,
        size=_size,
        segments=segments,
    )
    environment.tests["judged"] = lambda verdict: verdict in VERDICTS
    environment.globals.update(anchor=text.anchor, interval=text.interval, ranges=ranges)
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
