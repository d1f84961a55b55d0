"""The difference of two contents of one output.

Tables are compared cell by cell and arrays element by element within a tolerance, pictures by what
they show, everything else byte by byte. All functions are pure.
"""

import base64
import binascii
import csv
import heapq
import io
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from reprise.records.record import cells_of
from reprise.specs.errors import ConfigError

POINTS = 0.01
"""Coordinates of an SVG that are as near as this (in points) look the same."""

SHADES = 8
"""Shades (of 255) by which smoothed edges may differ between two processors."""

_PLACES = 5
"""Cells that are shown, the farthest apart first."""

_EMBEDDED = re.compile(r'data:image/png;base64,([^"]*)')
_NAME = re.compile(r'(?<=\bid=")[^"]*|(?<=\bhref="#)[^"]*|(?<=\burl\(#)[^)"]*')
_OUTLINE = re.compile(r'(?<=\bd=")([MLz\d\s.eE+-]*)(?=")')
_COMMAND = re.compile(r"([MLz])(?:\s+([\d.eE+-]+)\s+([\d.eE+-]+))?")
# Not within a word or a colour: #3e3469 is no number.
_NUMBER = re.compile(r"(?<![\w#.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


class Status(StrEnum):
    """How two contents compare; of several, the last decides."""

    IDENTICAL = "identical"
    """The same bytes."""
    EQUAL = "equal"
    """Other bytes, within the tolerance."""
    NOT_COMPARABLE = "not comparable"
    DIFFERS = "differs"

    @property
    def words(self) -> str:
        """What it is called where people read it."""
        return "equal within tolerance" if self is Status.EQUAL else self.value


def worst(statuses: Iterable[Status]) -> Status:
    """The status that decides; ``identical`` where there is none."""
    return max(statuses, key=list(Status).index, default=Status.IDENTICAL)


def in_words(statuses: Iterable[Status]) -> str:
    """``3 identical, 1 differs``."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {status.words}" for status in Status if counts[status])


@dataclass(frozen=True)
class Tolerance:
    """Numbers x and y are equal if |x - y| <= max(absolute, relative * max(|x|, |y|))."""

    relative: float = 1e-6
    absolute: float = 1e-9

    @classmethod
    def of(cls, relative: float | None) -> "Tolerance":
        """The default, or ``relative`` with an absolute tolerance of a thousandth of it.

        Raises:
            ConfigError: it is negative or not finite.
        """
        if relative is None:
            return cls()
        if not 0 <= relative < math.inf:
            raise ConfigError(f"--tolerance: not a number >= 0: {relative}")
        return cls(relative, relative * 1e-3)

    @property
    def text(self) -> str:
        """The tolerance in words."""
        return f"Tolerance: relative {self.relative:g}, absolute {self.absolute:g}."


@dataclass(frozen=True)
class Cell:
    """One cell that is not the same on both sides; rows count from 1, without the header."""

    row: int
    column: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """Where it stands, and what stands there."""
        values = f"{self.before or 'nothing'} -> {self.after or 'nothing'}"
        return f"row {self.row}, {self.column}: {values}"


@dataclass(frozen=True)
class Difference:
    """How two contents compare, and why."""

    status: Status
    notes: tuple[str, ...] = ()
    """The reason, as far as it is not a distance of numbers."""
    cells: int = 0
    """Cells (or elements) beyond the tolerance; if there is none, those that are not the same."""
    rows: int = 0
    """Rows that hold these cells."""
    columns: tuple[str, ...] = ()
    """Columns (or arrays) that hold them."""
    largest_absolute: float | None = None
    """Over all numbers that are finite on both sides; None where no number differs."""
    largest_relative: float | None = None
    places: tuple[Cell, ...] = ()
    by_digest: bool = False
    """Compared by recorded digests only: one side lacks the file."""
    reordered: bool = False
    """A drawing of the same lines in another order: it looks the same if no two overlap."""

    @property
    def text(self) -> str:
        """How far apart, and where: one line."""
        parts = list(self.notes)
        if self.cells:
            more = f" and {len(self.columns) - 4} more" if len(self.columns) > 4 else ""
            rows = f", {self.rows} rows" if self.rows else ""
            parts.append(f"{self.cells} cells{rows} in {', '.join(self.columns[:4])}{more}")
        if self.largest_absolute is not None:
            largest, relative = self.largest_absolute, self.largest_relative or 0.0
            parts.append(f"largest difference {largest:.3g} (relative {relative:.3g})")
        return "; ".join(parts)

    def as_json(self) -> dict[str, Any]:
        """The difference as plain values."""
        return {**vars(self), "places": [vars(cell) for cell in self.places]}


IDENTICAL = Difference(Status.IDENTICAL)


def compare_contents(
    name: str,
    before: bytes,
    after: bytes,
    tolerance: Tolerance,
    columns: Mapping[str, float] = {},
) -> Difference:
    """How ``before`` and ``after``, two contents of the file ``name``, compare.

    ``columns`` of a table have a relative tolerance of their own.
    """
    if before == after:
        return IDENTICAL
    if name.endswith(".csv"):
        return _compare_tables(before, after, tolerance, columns)
    if name.endswith(".safetensors"):
        return _compare_arrays(before, after, tolerance)
    if name.endswith(".svg"):
        return _compare_svg(before, after)
    if name.endswith(".png"):
        return _compare_png(before, after)
    return Difference(Status.DIFFERS, ("other bytes",))


def _compare_tables(
    before: bytes, after: bytes, tolerance: Tolerance, columns: Mapping[str, float]
) -> Difference:
    """Compare two CSVs cell by cell, rows by position; NaN (or nothing) equals NaN.

    A cell is compared as a number where it is one on both sides, else as text.
    """
    try:
        (names, rows), (new_names, new_rows) = cells_of(before), cells_of(after)
    except (UnicodeDecodeError, csv.Error) as error:
        return Difference(Status.DIFFERS, (f"not a table: {error}",))
    common = [name for name in dict.fromkeys(names) if name in new_names]
    cells, owner = list[Cell](), list[int]()
    for i, name in enumerate(common):
        old, new = _column(rows, names.index(name)), _column(new_rows, new_names.index(name))
        pairs = enumerate(zip(old, new, strict=False), 1)
        cells += [Cell(row, name, a, b) for row, (a, b) in pairs if a != b]
        owner += [i] * (len(cells) - len(owner))
    x, y = ([_number(cell.before) for cell in cells], [_number(cell.after) for cell in cells])
    text = np.array([None in pair for pair in zip(x, y, strict=True)], bool)
    sizes = magnitudes(np.array(x, float), np.array(y, float))
    notes = list(_shape_notes(names, new_names, len(rows), len(new_rows)))
    allowed = [Tolerance.of(columns[name]) if name in columns else tolerance for name in common]
    difference, counted = _summary(common, np.array(owner, int), *sizes, text, notes, allowed)
    distance = np.where(text | np.isnan(sizes[1]), np.inf, sizes[1])
    farthest = [
        cells[i] for i in heapq.nlargest(_PLACES, counted.tolist(), key=distance.__getitem__)
    ]
    return replace(
        difference,
        rows=len({cells[i].row for i in counted.tolist()}),
        places=tuple(Cell(c.row, c.column, c.before[:80], c.after[:80]) for c in farthest),
    )


def _compare_arrays(before: bytes, after: bytes, tolerance: Tolerance) -> Difference:
    """Compare two safetensors files element by element; NaN equals NaN."""
    try:
        old, new = load(before), load(after)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        return Difference(Status.DIFFERS, (f"not arrays of ours: {error}",))
    notes = [f"array {name} is gone" for name in old if name not in new]
    notes += [f"array {name} is new" for name in new if name not in old]
    common = sorted(set(old) & set(new))
    owner, sizes = [np.zeros(0, int)], [(np.zeros(0), np.zeros(0))]
    for i, (x, y) in enumerate((old[name], new[name]) for name in common):
        if (x.dtype, x.shape) != (y.dtype, y.shape):
            kinds = (f"{array.dtype} {list(array.shape)}" for array in (x, y))
            notes.append(f"array {common[i]}: {' became '.join(kinds)}")
        if x.shape == y.shape:
            x, y = x.ravel(), y.ravel()
            absolute, relative = magnitudes(x.astype(float), y.astype(float))
            if x.dtype.kind in "iu":  # beyond 2**53 float64 rounds them
                rounded = (x != y) & (absolute == 0)
                absolute[rounded], relative[rounded] = 1.0, np.finfo(float).eps
            other = relative != 0
            sizes.append((absolute[other], relative[other]))
            owner.append(np.full(int(other.sum()), i))
    absolute, relative = map(np.concatenate, zip(*sizes, strict=True))
    text = np.zeros(absolute.shape, bool)
    allowed = [tolerance] * len(common)
    return _summary(common, np.concatenate(owner), absolute, relative, text, notes, allowed)[0]


def _summary(
    names: Sequence[str],
    owner: np.ndarray,
    absolute: np.ndarray,
    relative: np.ndarray,
    text: np.ndarray,
    notes: list[str],
    allowed: Sequence[Tolerance],
) -> tuple[Difference, np.ndarray]:
    """The difference of cells that are not the same, all (cells,), and which of them are counted.

    ``owner`` says to which of the columns or arrays ``names``, each with its tolerance, a cell
    belongs, ``text`` whether it is no number, ``notes`` what is wrong with the shape.
    """
    near = np.zeros(owner.shape, bool)
    for column, tolerance in enumerate(allowed):
        own = owner == column
        near[own] = within(absolute[own], relative[own], tolerance)
    beyond = text | ~near
    differs = bool(notes) or bool(beyond.any())
    counted = np.flatnonzero(beyond) if beyond.any() else np.arange(owner.size)
    for cells, what in ((text, "of text"), (np.isnan(absolute) & ~text, "not finite on one side")):
        if number := int(cells.sum()):
            notes.append(f"{number} {'cell' if number == 1 else 'cells'} {what}")
    if not owner.size and not notes:
        notes = ["the same values, written differently"]
    difference = Difference(
        status=Status.DIFFERS if differs else Status.EQUAL,
        notes=tuple(notes),
        cells=len(counted),
        columns=tuple(names[int(i)] for i in np.flatnonzero(np.bincount(owner[counted]))),
        largest_absolute=_largest(absolute[~text]),
        largest_relative=_largest(relative[~text]),
    )
    return difference, counted


def _largest(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size else None


def _compare_svg(before: bytes, after: bytes) -> Difference:
    """Compare two SVGs: everything but numbers exactly, numbers up to ``POINTS``.

    Names of elements (digests of what they hold) are compared by the order in which they come,
    embedded pictures pixel by pixel.
    """
    try:
        texts = [data.decode() for data in (before, after)]
    except UnicodeDecodeError as error:
        return Difference(Status.DIFFERS, (f"not a drawing: {error}",))
    pictures = [_EMBEDDED.findall(text) for text in texts]
    texts = [_with_numbered_names(_EMBEDDED.sub("", text)) for text in texts]
    if len(pictures[0]) != len(pictures[1]):
        return Difference(Status.DIFFERS, ("other shapes or texts",))
    shapes, embedded = _compare_shapes(*texts), [*map(_compare_embedded, *pictures)]
    notes = dict.fromkeys(note for part in (shapes, *embedded) for note in part.notes)
    inside = worst(part.status for part in embedded)
    reordered = shapes.reordered and inside is not Status.DIFFERS
    return Difference(worst([shapes.status, inside]), tuple(notes), reordered=reordered)


def _compare_embedded(before: str, after: str) -> Difference:
    try:
        old, new = (base64.b64decode(text) for text in (before, after))
    except binascii.Error as error:
        return Difference(Status.DIFFERS, (f"not a picture: {error}",))
    return compare_contents("embedded.png", old, new, Tolerance())


def _with_numbered_names(svg: str) -> str:
    """``svg`` with each name replaced by how many other names came before its first."""
    known: dict[str, int] = defaultdict(count().__next__)
    return _NAME.sub(lambda match: f"n{known[match[0]]}", svg)


def _compare_shapes(before: str, after: str) -> Difference:
    """Compare two SVGs without pictures: as they are written, else whatever their order."""
    old, new = (np.array(_NUMBER.findall(text), dtype=float) for text in (before, after))
    if _NUMBER.sub("0", before) == _NUMBER.sub("0", after):
        farthest = _farthest(old, new)
        notes = (f"coordinates up to {farthest:.3g} points apart",)
        if farthest <= POINTS:
            return Difference(Status.EQUAL, notes)
    else:
        notes = ("other shapes or texts",)
    if reordered := _same_pieces(before, after):
        notes = ("the same lines, drawn in another order",)
    return Difference(Status.DIFFERS, notes, reordered=reordered)


def _same_pieces(before: str, after: str) -> bool:
    """Whether tags and straight outlines, each in any order, are the same up to ``POINTS``."""
    (old, new), (lines, new_lines) = zip(*map(_taken_apart, (before, after)), strict=True)
    sizes = [{shape: len(tags) for shape, tags in side.items()} for side in (old, new)]

    def near(x: np.ndarray, y: np.ndarray) -> bool:
        return _farthest(x, y) <= POINTS

    return (
        sizes[0] == sizes[1]
        and all(_all_paired(tags, new[shape], near) for shape, tags in old.items())
        and _all_paired(lines, new_lines, lambda x, y: _on(x, y) and _on(y, x))
    )


def _taken_apart(svg: str) -> tuple[dict[str, list[np.ndarray]], list[np.ndarray]]:
    """Shape (a tag without its numbers) -> the numbers of each such tag; the straight outlines."""
    tags: dict[str, list[np.ndarray]] = defaultdict(list)
    for tag in _OUTLINE.sub("", svg).split("<"):
        tags[_NUMBER.sub("0", tag)].append(np.array(_NUMBER.findall(tag), float))
    return tags, [_segments(outline) for outline in _OUTLINE.findall(svg)]


def _segments(outline: str) -> np.ndarray:
    """The lines from point to point that ``outline`` is drawn of, (line, end, coordinate)."""
    lines, begin, here = [], (math.nan, math.nan), (math.nan, math.nan)
    for command, x, y in _COMMAND.findall(outline):
        there = begin if command == "z" else (float(x), float(y))
        if command == "M":
            begin = here = there
        lines.append((here, there))
        here = there
    return np.array(lines, float).reshape(-1, 2, 2)


def _all_paired(
    old: Sequence[np.ndarray],
    new: Sequence[np.ndarray],
    alike: Callable[[np.ndarray, np.ndarray], bool],
) -> bool:
    """Whether each of ``old`` has a partner of its own in ``new``, and the other way round."""
    free = list(new)
    for item in old:
        partner = next((i for i, other in enumerate(free) if alike(item, other)), None)
        if partner is None:
            return False
        del free[partner]
    return not free


def _farthest(x: np.ndarray, y: np.ndarray) -> float:
    return float(magnitudes(x, y)[0].max(initial=0.0))


def _on(segments: np.ndarray, line: np.ndarray) -> bool:
    """Whether the ends of ``segments`` lie on ``line``; both are (line, end, coordinate)."""
    known = set(map(tuple, line.reshape(-1, 2).tolist()))
    others = [point for point in segments.reshape(-1, 2).tolist() if tuple(point) not in known]
    start, along = line[:, 0], line[:, 1] - line[:, 0]
    length = (along**2).sum(axis=1)
    for point in np.array(others, float).reshape(-1, 2):
        with np.errstate(invalid="ignore", over="ignore"):
            reached = ((point - start) * along).sum(axis=1) / np.where(length > 0, length, 1.0)
            foot = start + np.clip(reached, 0.0, 1.0)[:, None] * along
            nearest = np.abs(point - foot).max(axis=1).min(initial=np.inf)
        if not nearest <= POINTS:
            return False
    return True


def _compare_png(before: bytes, after: bytes) -> Difference:
    """Compare two PNGs pixel by pixel, each channel up to ``SHADES``."""
    from matplotlib.image import imread

    try:
        old, new = (imread(io.BytesIO(data), format="png") for data in (before, after))
    except (ValueError, OSError, SyntaxError) as error:
        return Difference(Status.DIFFERS, (f"not a picture: {error}",))
    if old.shape != new.shape:
        sizes = (f"{picture.shape[1]}x{picture.shape[0]}" for picture in (old, new))
        return Difference(Status.DIFFERS, (" pixels became ".join(sizes),))
    apart = np.abs(old - new).reshape(*old.shape[:2], -1).max(axis=-1) * 255
    share = 100 * float((apart > 0).mean())
    status = Status.EQUAL if apart.max(initial=0.0) <= SHADES else Status.DIFFERS
    note = f"{share:.3g} % of the pixels differ, by up to {apart.max():.0f} of 255 shades"
    return Difference(status, (note,))


def magnitudes(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|x - y| and |x - y| / max(|x|, |y|); NaN where exactly one is finite, 0 where both are alike.

    Shapes: two equal, of any rank; the result has it twice. Infinities equal themselves.
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        absolute = np.abs(x - y)
        size = np.maximum(np.abs(x), np.abs(y))
        relative = np.where(size > 0, absolute / size, 0.0)
    alike = (x == y) | (np.isnan(x) & np.isnan(y))
    finite = np.isfinite(x) & np.isfinite(y)
    absolute = np.where(alike, 0.0, np.where(finite, absolute, np.nan))
    return absolute, np.where(alike, 0.0, np.where(finite, relative, np.nan))


def within(absolute: np.ndarray, relative: np.ndarray, tolerance: Tolerance) -> np.ndarray:
    """Where differences (of ``magnitudes``) are within the tolerance; never where they are NaN."""
    return (absolute <= tolerance.absolute) | (relative <= tolerance.relative)


def _shape_notes(old: list[str], new: list[str], rows: int, new_rows: int) -> Iterator[str]:
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
