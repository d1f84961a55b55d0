"""Colours, names and marks that the figures of Dai et al. 2022 share.

Everywhere: blue is in-context learning, red finetuning, dark grey no demonstrations; green marks
are controls, amber ones another measure of the same, mid grey ones published numbers.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

ZSL = theme.CATEGORIES[6]
FT = theme.CATEGORIES[1]
ICL = theme.CATEGORIES[0]
CONTROL = theme.CATEGORIES[2]
OTHER = theme.CATEGORIES[3]
MEASURE = theme.CATEGORIES[4]
NULL = theme.MUTED
PAPER = theme.REFERENCE

MEAN = "mean"
TASKS = {
    "sst2": "SST2",
    "sst5": "SST5",
    "mr": "MR",
    "subj": "Subj",
    "agnews": "AGNews",
    "cb": "CB",
    MEAN: "mean",
}
"""In the order of the paper's tables, then their mean."""

LABEL0 = "label0"
"""The published position."""


class Look(NamedTuple):
    """How a series is drawn; a hollow mark is a control."""

    text: str
    color: str
    marker: str = "o"
    hollow: bool = False


def tasks_axis(ax: Axes, table: DataFrame) -> list[str]:
    """The tasks that ``table`` has, as ticks; a line sets the mean apart."""
    known = [task for task in TASKS if task in set(table["task"])]
    ax.set_xticks(range(len(known)), [TASKS[task] for task in known])
    ax.set_xlim(-0.5, max(len(known), 1) - 0.5)
    ax.tick_params(axis="x", length=0)
    if known and known[-1] == MEAN:
        ax.axvline(len(known) - 1.5, color=theme.MUTED, lw=0.6)
    return known


def series(
    ax: Axes,
    table: DataFrame,
    column: str,
    looks: Mapping[str, Look],
    paper: DataFrame | None = None,
    width: float = 0.66,
) -> None:
    """One mark per task and value of ``column``, side by side, with its interval.

    ``paper`` has the rows ``task``, ``row`` (a value of ``column``) and ``value``: the published
    numbers of both models, drawn as a grey bar between them behind our mark.
    """
    known = tasks_axis(ax, table)
    shown = [name for name in looks if name in set(table[column])]
    for place, name in enumerate(shown):
        own = table[table[column] == name].set_index("task")
        shift = width * ((place + 0.5) / len(shown) - 0.5)
        x = np.arange(len(known)) + shift
        if paper is not None:
            bars(ax, known, shift, paper[paper["row"] == name])
        errors(ax, x, own.reindex(known), looks[name])


def errors(ax: Axes, x: Any, rows: DataFrame, look: Look, **style: Any) -> ErrorbarContainer:
    """Marks at ``value`` with ``low`` to ``high``."""
    return across(ax, x, rows, look, vertical=True, **style)


def across(
    ax: Axes, at: Any, rows: DataFrame, look: Look, vertical: bool = False, **style: Any
) -> ErrorbarContainer:
    """Marks at ``value``, along x or (``vertical``) along y, with ``low`` to ``high``.

    Marks whose interval has no width are pale.
    """
    value = rows["value"].to_numpy(float)
    reach = np.abs(np.stack([value - rows["low"], rows["high"] - value]).astype(float))
    given: dict[str, Any] = {"yerr" if vertical else "xerr": np.nan_to_num(reach)}
    x, y = map(np.asarray, (at, value) if vertical else (value, at))
    options: dict[str, Any] = {
        "ms": 4.2,
        "mew": 1.0,
        "elinewidth": 1.1,
        "zorder": 3,
        "label": look.text,
    } | style
    still = reach.sum(axis=0) == 0
    if still.any():
        veil: dict[str, Any] = {
            "marker": look.marker,
            "color": "white",
            "alpha": 0.65,
            "ls": "none",
        }
        above = {"ms": options["ms"] + 1, "zorder": options["zorder"] + 0.5}
        ax.plot(x[still], y[still], **veil, **above)
    return ax.errorbar(
        x,
        y,
        fmt=look.marker,
        color=look.color,
        mfc="white" if look.hollow else look.color,
        **given,
        **options,
    )


def bars(ax: Axes, known: Sequence[str], shift: float, paper: DataFrame) -> None:
    """A grey bar from the least to the greatest published number of every task."""
    for place, task in enumerate(known):
        values = paper.loc[paper["task"] == task, "value"].astype(float)
        if len(values):
            ends = (values.min(), values.max())
            x = place + shift
            ax.plot([x, x], ends, color=PAPER, lw=5, alpha=0.28, solid_capstyle="butt", zorder=1.5)
            ax.plot([x, x], ends, ls="none", marker="_", color=PAPER, ms=6, mew=1, zorder=1.6)


def paper_label(ax: Axes) -> None:
    """What the grey bars are, for the legend."""
    text = "paper, 1.3B to 2.7B"
    ax.plot([], [], color=PAPER, lw=5, alpha=0.45, solid_capstyle="butt", label=text)


def legend_above(figure: Figure, axes: Iterable[Axes], columns: int = 4) -> None:
    """One legend for all axes above them, every text once."""
    handles: dict[str, Any] = {}
    for ax in axes:
        for line, text in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(text, line)
    theme.legend_above(figure, handles, columns)


def published(tables: Mapping[str, DataFrame], reference: str) -> DataFrame:
    """The rows of one reference."""
    table = tables["published"]
    return table[table["reference"] == reference]


def say_materials(figure: Figure, tables: Mapping[str, DataFrame]) -> None:
    """Sentences below the picture: the model, and the texts that stand in for data sets."""
    say_model(figure, tables)
    say_texts(figure, tables)


def say_model(figure: Figure, tables: Mapping[str, DataFrame]) -> None:
    """A sentence on the model that answers."""
    names = tables["model_and_texts"].set_index("what")["name"]
    theme.say(figure, f"Model: {names['model']}.")


def say_texts(
    figure: Figure, tables: Mapping[str, DataFrame], tasks: Collection[str] = tuple(TASKS)
) -> None:
    """A sentence on the texts that stand in for the data sets of ``tasks``."""
    pairs = [f"{TASKS[task]} {text}" for task, text in stand_ins(tables).items() if task in tasks]
    if pairs:
        theme.say(figure, f"Texts in place of the data sets: {', '.join(pairs)}.")


def say_networks(figure: Figure, tables: Mapping[str, DataFrame]) -> None:
    """A sentence on the language models that were trained here."""
    for _, own in tables["language_network"].iterrows():
        size = f"{own['layers']:g} layers of width {own['width']:g}"
        training = f"{own['steps']:,g} steps of {own['tokens']:,g} tokens"
        theme.say(figure, f"Models: {size}, trained here in {training}.")


def stand_ins(tables: Mapping[str, DataFrame]) -> dict[str, str]:
    """Task -> the text that stands in for its data set, for heads of tables."""
    known = tables["model_and_texts"].set_index("what")["name"]
    return {task: f"→ {known[task]}" for task in TASKS if task in known.index}


def zero(ax: Axes) -> None:
    """A thin line at 0."""
    ax.axhline(0, color=theme.INK, lw=0.6, zorder=1)
