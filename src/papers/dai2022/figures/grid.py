"""Tables of the paper as figures: in every cell our number, its interval and the paper's own."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import TASKS, say_model, stand_ins
from reprise.plotting import theme

LABEL_SHARE = 0.175
"""Of the width, for the names of rows."""
ROW_IN, SHORT_ROW_IN, HEAD_IN, NOTE_IN = 0.52, 0.28, 0.36, 0.3
VALUE_PT, SMALL_PT, NAME_PT = 9.5, 6.5, 8.3
MISSING = "–"
PALE = "#B6BBC4"


def draw(
    table: DataFrame,
    rows: Mapping[str, tuple[str, str]],
    columns: Mapping[str, str],
    paper: Sequence[str] = ("paper_small", "paper_large"),
    note: str = "brackets: 95 % interval; grey: the paper, 1.3B / 2.7B",
    under: Mapping[str, str] | None = None,
    pale: str = "",
) -> Figure:
    """A table with ``rows`` (key -> name and number format) and ``columns`` (key -> name).

    ``table`` has ``row``, ``column``, ``value``, ``low``, ``high`` and the columns ``paper``. Rows
    without any interval are short. A row whose name starts with ``+`` is not the paper's, which a
    lighter name says. ``under`` is written small below the names of columns. With ``pale``, cells
    whose interval has no width are pale, and the note says what that means.
    """
    cells = table.set_index(["row", "column"])
    cells = cells[~cells.index.duplicated()]
    heights = [_height(table[table["row"] == row]) for row in rows]
    whole = HEAD_IN + sum(heights) + NOTE_IN
    figure, ax = theme.figure("wide", whole)
    ax.set(xlim=(0, 1), ylim=(whole, 0))
    ax.axis("off")
    centres = _centres(columns)
    for key, x in centres.items():
        y = HEAD_IN / 2 - (0.06 if under else 0)
        ax.text(x, y, columns[key], ha="center", va="center", fontweight="bold")
        if under and key in under:
            ax.text(x, HEAD_IN - 0.08, under[key], ha="center", va="center", fontsize=SMALL_PT)
    y = HEAD_IN
    _rule(ax, 0.0, 1.0)
    for (row, (name, form)), height in zip(rows.items(), heights, strict=True):
        _rule(ax, y, 0.5 if y > HEAD_IN else 0.8)
        own = name.startswith("+")
        ax.text(
            0,
            y + height / 2,
            name.removeprefix("+"),
            va="center",
            fontsize=NAME_PT,
            color=theme.REFERENCE if own else theme.INK,
            fontstyle="italic" if own else "normal",
        )
        for column, x in centres.items():
            if (row, column) in cells.index:
                cell = cells.loc[(row, column)]
                color = PALE if pale and np.isclose(cell["low"], cell["high"]) else theme.INK
                _cell(ax, x, y + height / 2, cell, form, paper, color)
        y += height
    _rule(ax, y, 1.0)
    note += f"; pale: {pale}" if pale and np.isclose(table["low"], table["high"]).any() else ""
    ax.text(0, y + NOTE_IN / 2, note, va="center", fontsize=SMALL_PT, color=theme.REFERENCE)
    return figure


def of_tasks(
    table: DataFrame,
    rows: Mapping[str, tuple[str, str]],
    tables: Mapping[str, DataFrame],
    **options: Any,
) -> Figure:
    """``draw`` with a column per task, the texts that stand in for it, and the model below."""
    figure = draw(table, rows, TASKS, under=stand_ins(tables), **options)
    say_model(figure, tables)
    return figure


def _height(rows: DataFrame) -> float:
    return ROW_IN if rows["low"].notna().any() else SHORT_ROW_IN + 0.1


def _centres(columns: Mapping[str, str]) -> dict[str, float]:
    step = (1 - LABEL_SHARE) / len(columns)
    return {key: LABEL_SHARE + step * (place + 0.5) for place, key in enumerate(columns)}


def _cell(
    ax: Axes,
    x: float,
    y: float,
    cell: Mapping[str, float],
    form: str,
    paper: Sequence[str],
    color: str,
) -> None:
    ended = np.isfinite(cell["low"])
    known = [float(cell[name]) for name in paper]
    known = [value for value in known if np.isfinite(value)]
    step = 0.155
    lines = 1 + ended + bool(known)
    top = y - step * (lines - 1) / 2 + 0.01 * (lines - 1)
    value = number(cell["value"], form)
    style: dict[str, Any] = {"ha": "center", "va": "center"}
    ax.text(x, top - 0.01, value, fontsize=VALUE_PT, color=color, **style)
    if ended:
        top += step
        text = f"[{number(cell['low'], form)}, {number(cell['high'], form)}]"
        ax.text(x, top, text, fontsize=SMALL_PT, color=color, **style)
    if known:
        text = " / ".join(number(each, form) for each in known)
        ax.text(x, top + step, text, fontsize=SMALL_PT, color=theme.REFERENCE, **style)


def number(value: float, form: str) -> str:
    """``value`` in this format with a true minus sign and no negative zero, or a dash."""
    if not np.isfinite(value):
        return MISSING
    text = format(value, form)
    if float(text.replace(",", "")) == 0:
        text = text.replace("-", "")
    return text.replace("-", "−")


def _rule(ax: Axes, y: float, width: float) -> None:
    ax.plot([0, 1], [y, y], color=theme.INK, lw=width, clip_on=False)
