"""Pages with explorable blocks, and what is drawn on them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from browser import Page

from reprise.plotting import explorable
from reprise.specs.load import report_folder

POLICY = "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>blocks</title>
<link rel="stylesheet" href="explorables.css">
<script src="vega.js" defer></script><script src="explorables.js" defer></script>
</head><body><main>{blocks}</main></body></html>"""


@cache
def script() -> str:
    """The library, which takes a moment to put together."""
    return explorable.script()


def write(folder: Path, blocks: Sequence[str]) -> Path:
    """The page of ``blocks`` in ``folder``, with all that it loads beside it."""
    for name in ("explorables.css", "explorables.js"):
        (folder / name).write_bytes((report_folder() / name).read_bytes())
    (folder / "vega.js").write_text(script(), "utf-8")
    path = folder / "page.html"
    path.write_text(PAGE.format(policy=POLICY, blocks="".join(blocks)), "utf-8")
    return path


def focus(page: Page, name: str) -> None:
    """Move the keyboard to the control ``name``."""
    page.evaluate(f"document.querySelector('.explorable [name={name}]').focus()")


def texts(page: Page, mark: str) -> list[str]:
    """What a screen reader is told of every ``mark`` that is drawn."""
    labels = f"[...document.querySelectorAll('.explorable [aria-roledescription=\"{mark}\"]')]"
    found = page.evaluate(f"{labels}.map(e => e.getAttribute('aria-label'))")
    return [text.replace("\u2212", "-") for text in found]


def numbers(page: Page, mark: str) -> list[dict[str, float]]:
    """``texts`` as numbers by the title of their axis; what is no number is left out."""
    return [dict(_parts(text)) for text in texts(page, mark)]


def _parts(text: str) -> list[tuple[str, float]]:
    found = []
    for part in text.split("; "):
        name, _, value = part.rpartition(": ")
        try:
            found.append((name, float(value.replace(",", ""))))
        except ValueError:
            continue
    return found
