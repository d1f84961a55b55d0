"""Pages that need no network: the report, two result trees side by side, and a lineage.

Text is escaped, and pictures are images, in which browsers run no script. The content security
policy of the report allows the style, the scripts and the pictures beside it; that of the other
pages, which stand alone, their own style and embedded pictures.
"""

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from reprise.audit.compare import Comparison, NodeDifference, environments
from reprise.graph.nodes import Node, ranges
from reprise.jobs.make import Parents
from reprise.records.tree import Inventory
from reprise.report import text
from reprise.report.model import KIND_TITLES, ReportModel, in_a_sentence, report_model
from reprise.report.trace import Trace, facts
from reprise.specs.claims import SLUG, VERDICTS
from reprise.specs.load import CHART_LIBRARY, report_assets

_FOLDER = Path(__file__).parent


def report(node: Node, parents: Parents) -> dict[str, bytes]:
    """File -> content of the report of ``node``; ``parents`` holds all its ancestors."""
    pages = build(report_model(node, parents))
    files = {path.name: path.read_bytes() for path in report_assets()}
    if node.spec["explorables"]:
        from reprise.plotting import explorable  # half a second, which other pages do not need

        files[CHART_LIBRARY] = explorable.script().encode()
    return {name: page.encode() for name, page in pages.items()} | files


def build(model: ReportModel) -> dict[str, str]:
    """File -> page: the first, and of each paper its results and its code."""
    every = [path.name for path in report_assets()]
    own = [name for name in every if name.startswith("report.")]
    told: dict[str, Any] = {"model": model, "verdicts": VERDICTS, "assets": own}
    pages = {"index.html": _render("site/index.html.jinja", **told)}
    for paper in model.papers:
        told |= {"paper": paper}
        blocks = any(figure.blocks for figure in paper.figures)
        more = told | {"assets": [CHART_LIBRARY, *every]} if blocks else told
        pages[f"{paper.key}.html"] = _render("site/paper.html.jinja", **more)
        pages[f"{paper.key}-code.html"] = _render("site/code.html.jinja", **told)
    return pages


def build_comparison(comparison: Comparison) -> str:
    """The page of two trees."""
    sides = (comparison.a, comparison.b)
    return _page(
        "pages/compare.html.jinja",
        ("site/report.css", "pages/compare.css"),
        comparison=comparison,
        pictures={
            node.id: [_picture(side, node) for side in sides] for node in comparison.of("figure")
        },
        environments=environments(comparison.nodes),
        names=[str(side.folder) for side in sides],
    )


def build_trace(traced: Trace, where: str) -> str:
    """The page of one lineage in the tree ``where``."""
    return _page(
        "pages/trace.html.jinja",
        ("site/report.css",),
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


def _page(template: str, styles: tuple[str, ...], **values: Any) -> str:
    """A page that stands alone."""
    style = "".join((_FOLDER / name).read_text(encoding="utf-8") for name in styles)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; "
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    return _render(template, style=Markup(style), policy=policy, **values)


def _render(template: str, **values: Any) -> str:
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
        data_uri=lambda svg: "data:image/svg+xml;base64," + base64.b64encode(svg).decode(),
        in_a_sentence=in_a_sentence,
        markup=Markup,
        segments=segments,
    )
    environment.tests["judged"] = lambda verdict: verdict in VERDICTS
    environment.globals.update(
        anchor=text.anchor, interval=text.interval, ranges=ranges, kinds=KIND_TITLES
    )
    return environment.get_template(template).render(**values)


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
