"""Two result trees side by side as one HTML file without scripts or network."""

from markupsafe import Markup

from reprise.audit.compare import Comparison, NodePair
from reprise.records.inventory import Inventory, OutsideTree
from reprise.report.html import FOLDER, STYLE, _environment, _policy
from reprise.report.model import VERDICTS


def build(comparison: Comparison) -> str:
    """The page; equal trees give equal text.

    As in the report, text is escaped, pictures are images, and the policy allows no script.
    """
    style = (FOLDER / STYLE).read_text(encoding="utf-8")
    style += (FOLDER / "pages" / "compare.css").read_text(encoding="utf-8")
    environment = _environment()
    environment.tests["judged"] = lambda text: text in VERDICTS
    sides = (comparison.a, comparison.b)
    return environment.get_template("pages/compare.html.jinja").render(
        comparison=comparison,
        pictures={
            node.id: [_svg(side, node) for side in sides] for node in comparison.of("figure")
        },
        names=[str(side.folder) for side in sides],
        style=Markup(style),
        policy=_policy(style),
    )


def _svg(side: Inventory, node: NodePair) -> bytes | None:
    name = next((name for name in node.files if name.endswith(".svg")), "")
    try:
        return side.entries[node.id].read(name) if name else None
    except (OSError, OutsideTree):
        return None
