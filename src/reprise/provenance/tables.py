"""Compare two CSVs cell by cell."""

import csv
import heapq
import io
import math
from collections.abc import Iterable

import numpy as np

from reprise.provenance.comparison import (
    IDENTICAL,
    Cell,
    Difference,
    Tolerance,
    largest,
    magnitudes,
    within,
)

_PLACES = 5
"""Cells that are shown, the farthest apart first."""


def compare_tables(before: bytes, after: bytes, tolerance: Tolerance) -> Difference:
    """Compare two CSVs cell by cell, rows by position; NaN (or nothing) equals NaN.

    A cell is compared as a number where it is one on both sides, else as text.
    """
    if before == after:
        return IDENTICAL
    try:
        (names, rows), (new_names, new_rows) = _cells(before), _cells(after)
    except (UnicodeDecodeError, csv.Error) as error:
        return Difference("differs", (f"not a table: {error}",))
    shape = tuple(_shape_notes(names, new_names, len(rows), len(new_rows)))
    common = [name for name in dict.fromkeys(names) if name in new_names]
    apart = [
        _Column(name, _column(rows, names.index(name)), _column(new_rows, new_names.index(name)))
        for name in common
    ]
    return _summary([column for column in apart if column.index.size], shape, tolerance)


class _Column:
    """The cells of one column whose texts are not the same."""

    def __init__(self, name: str, before: list[str], after: list[str]) -> None:
        self.name = name
        pairs = enumerate(zip(before, after, strict=False))
        self.index = np.array([i for i, (a, b) in pairs if a != b], dtype=int)
        self.before = [before[i] for i in self.index]
        self.after = [after[i] for i in self.index]
        x, y = (np.array([_number(cell) for cell in cells]) for cells in (self.before, self.after))
        self.text = np.array([a is None or b is None for a, b in zip(x, y, strict=True)], bool)
        floats = (np.where(self.text, 0.0, values).astype(float) for values in (x, y))
        self.absolute, self.relative = magnitudes(*floats)

    def beyond(self, tolerance: Tolerance) -> np.ndarray:
        """Which of the cells are beyond the tolerance."""
        return self.text | ~within(self.absolute, self.relative, tolerance)

    def distance(self, position: int) -> float:
        """How far apart the cell at ``position`` of ``index`` is; infinite for texts."""
        relative = float(self.relative[position])
        return math.inf if self.text[position] or math.isnan(relative) else relative

    def cell(self, position: int) -> Cell:
        """The cell at ``position`` of ``index``."""
        row = int(self.index[position]) + 1
        return Cell(row, self.name, self.before[position][:80], self.after[position][:80])


def _summary(apart: list[_Column], shape: tuple[str, ...], tolerance: Tolerance) -> Difference:
    far = {column.name: column.beyond(tolerance) for column in apart}
    differs = bool(shape) or any(mask.any() for mask in far.values())
    if not any(mask.any() for mask in far.values()):
        far = {column.name: np.ones(column.index.size, bool) for column in apart}
    counted = [(column, np.flatnonzero(far[column.name])) for column in apart]
    counted = [(column, chosen) for column, chosen in counted if chosen.size]
    rows = {int(row) for column, chosen in counted for row in column.index[chosen]}
    places = [(column, int(i)) for column, chosen in counted for i in chosen]
    farthest = heapq.nlargest(_PLACES, places, key=lambda place: place[0].distance(place[1]))
    notes = [*shape, *_value_notes(apart)]
    if not apart and not shape:
        notes.append("the same cells, written differently")
    return Difference(
        status="differs" if differs else "equal",
        notes=tuple(notes),
        cells=sum(chosen.size for _, chosen in counted),
        rows=len(rows),
        columns=tuple(column.name for column, _ in counted),
        largest_absolute=largest([column.absolute[~column.text] for column in apart]),
        largest_relative=largest([column.relative[~column.text] for column in apart]),
        places=tuple(column.cell(i) for column, i in farthest),
    )


def _value_notes(apart: list[_Column]) -> Iterable[str]:
    texts = sum(int(column.text.sum()) for column in apart)
    if texts:
        yield f"{texts} {_cells_word(texts)} of text"
    broken = sum(int(np.isnan(column.absolute[~column.text]).sum()) for column in apart)
    if broken:
        yield f"{broken} {_cells_word(broken)} not finite on one side"


def _cells_word(count: int) -> str:
    return "cell" if count == 1 else "cells"


def _shape_notes(old: list[str], new: list[str], rows: int, new_rows: int) -> Iterable[str]:
    yield from (f"column {name} is gone" for name in old if name not in new)
    yield from (f"column {name} is new" for name in new if name not in old)
    if old != new and sorted(old) == sorted(new):
        yield "column order changed"
    elif len(old) != len(new) and set(old) == set(new):
        yield "columns repeated"
    if rows != new_rows:
        yield f"{rows} rows became {new_rows}"


def _number(text: str) -> float | None:
    if text.strip() == "":
        return math.nan
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _column(rows: list[list[str]], index: int) -> list[str]:
    return [row[index] if index < len(row) else "" for row in rows]


def _cells(data: bytes) -> tuple[list[str], list[list[str]]]:
    lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
    return (lines[0], lines[1:]) if lines else ([], [])
