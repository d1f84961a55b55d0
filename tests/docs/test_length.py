"""Pages stay short: words of the README, of all of ``docs``, and what each page begins with."""

import re

import pytest
from workspace import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))
WORD = re.compile(r"\S*[^\W_]\S*")


def words(*pages) -> int:
    """Generated blocks and code count, the bars of tables do not."""
    return sum(len(WORD.findall(page.read_text(encoding="utf-8"))) for page in pages)


def test_the_readme_and_the_docs_are_short():
    assert words(ROOT / "README.md") <= 1200
    assert words(*DOCS) <= 8000


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.stem)
def test_a_page_begins_with_what_it_is_for(page):
    title, blank, first = page.read_text(encoding="utf-8").split("\n")[:3]
    assert title.startswith("# ") and not blank and first.startswith("This page ")
