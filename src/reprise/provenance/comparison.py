"""Compare two contents of one output: how far are they apart, and where?"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reprise.specs.errors import ConfigError

Status = Literal["identical", "equal", "differs", "not comparable"]
"""``identical``: the same bytes. ``equal``: other bytes, within the tolerance."""

_ORDER: tuple[Status, ...] = ("identical", "equal", "not comparable", "differs")


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


@dataclass(frozen=True)
class Cell:
    """One cell that is not the same on both sides; rows count from 1, without the header."""

    row: int
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """How two contents compare."""

    status: Status
    notes: tuple[str, ...] = ()
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


IDENTICAL = Difference("identical")


def worst(statuses: Iterable[Status]) -> Status:
    """The status that decides: ``differs`` before ``not comparable``, ``equal``, ``identical``."""
    return max(statuses, key=_ORDER.index, default="identical")


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


def largest(values: Sequence[np.ndarray]) -> float | None:
    """The largest finite number in ``values``; None where there is none."""
    finite = [float(v[np.isfinite(v)].max()) for v in values if np.isfinite(v).any()]
    return max(finite, default=None)
