"""Two result trees side by side as one HTML file without scripts or network."""

from collections.abc import Mapping

from markupsafe import Markup

from reprise.provenance.side_by_side import SideBySide
from reprise.report.differences import NAMES, difference_text, tolerance_text
from reprise.report.html import FOLDER, STYLE, _environment, _policy
from reprise.report.model import VERDICTS

Pictures = Mapping[str, tuple[bytes | None, bytes | None]]
"""Figure's id -> its SVG on either side; None where a side has none."""


def build(found: SideBySide, pictures: Pictures, names: tuple[str, str]) -> str:
    """The page; ``names`` is what the two sides are called. Equal arguments give equal text.

    As in the report, text is escaped, pictures are images, and the policy allows no script.
    """
    style = (FOLDER / STYLE).read_text(encoding="utf-8")
    style += (FOLDER / "pages" / "compare.css").read_text(encoding="utf-8")
    environment = _environment()
    environment.filters.update(
        status=lambda status: NAMES.get(status, status), difference=difference_text
    )
    environment.tests["judged"] = lambda text: text in VERDICTS
    return environment.get_template("pages/compare.html.jinja").render(
        found=found,
        pictures=pictures,
        names=names,
        style=Markup(style),
        policy=_policy(style),
        tolerance=tolerance_text(found.tolerance),
    )
