"""Sentences that people rated, of the package vaderSentiment (Hutto and Gilbert 2014).

The archive holds another: tables of an id, the mean of about twenty ratings in [-4, 4], a text.
"""

import html
import io
import tarfile
import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from papers.dai2022.texts.examples import Example, one_line

INNER = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"

Kind = Literal["movieReviewSnippets", "amazonReviewSnippets", "nytEditorialSnippets"]

CLEAR = 0.5
"""Ratings nearer to zero have no sign."""

BINS = (-2.0, -0.5, 0.5, 2.0)
"""Lowest ratings of the classes bad, neutral, good and great."""


class Rated(NamedTuple):
    """One sentence; those of a document share it."""

    document: str
    rating: float
    text: str


def rated(archive: Path, kind: Kind) -> list[Rated]:
    """The sentences of one table, in its order."""
    with zipfile.ZipFile(archive) as outer:
        inner = io.BytesIO(outer.read(INNER))
    with tarfile.open(fileobj=inner) as tables:
        member = tables.extractfile(f"hutto_ICWSM_2014/{kind}_GroundTruth.txt")
        if member is None:
            raise ValueError(f"{archive.name}: {kind} is no file")
        lines = member.read().decode("utf-8-sig").splitlines()
    return [_sentence(*line.split("\t")) for line in lines if line]


def _sentence(identity: str, rating: str, text: str) -> Rated:
    readable = one_line(html.unescape(text).replace("''", '"'))
    return Rated(identity.partition("_")[0], float(rating), readable)


def polarity(archive: Path) -> Iterator[tuple[str, Example]]:
    """Sentences of film reviews by text: negative 0, positive 1; without the unclear ones."""
    for row in rated(archive, "movieReviewSnippets"):
        if abs(row.rating) > CLEAR:
            yield row.text, Example((row.text,), int(row.rating > 0))


def grades(archive: Path) -> Iterator[tuple[str, Example]]:
    """Sentences of film reviews by text, in the five classes between ``BINS``."""
    for row in rated(archive, "movieReviewSnippets"):
        yield row.text, Example((row.text,), bisect_right(BINS, row.rating))
