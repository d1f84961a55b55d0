"""Learning curves of every network of a paper."""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

Panels = Mapping[str, Mapping[str, str]]
"""Title of a panel -> its runs -> what they are called there."""

COLUMNS = 2
DASHES = ("-", "--", ":", "-.")
"""Of the settings of a run that has a colour."""
LOG_FROM = 10.0
"""Largest over smallest loss from which on axes are logarithmic."""


def learning_curve_figure(
    table: DataFrame,
    panels: Panels,
    *,
    colors: Mapping[str, str] | None = None,
    ordered: Collection[str] = (),
    units: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Figure:
    """Test loss of ``table`` against the step: a line per network, a look per run and setting.

    Seeds share a look. ``colors`` are those of runs in the paper's other figures; panels with a
    title in ``ordered`` have colours from light to dark instead. Panels of the same unit
    (``units``: by run) share an axis, which is logarithmic where losses are positive and differ
    much. ``settings`` tells what parameters are called. Runs that were not made are left out.
    """
    named = table.assign(
        setting=[_setting(str(label), settings or {}) for label in table["label"]],
        unit=[(units or {}).get(run, "") for run in table["run"]],
    )
    drawn = _drawn(named, panels)
    rows = -(-len(drawn) // COLUMNS)
    figure, axes = theme.figure("wide", 1.6 * rows, nrows=rows, ncols=COLUMNS, squeeze=False)
    shared: dict[str, Axes] = {}
    for ax, (title, own) in zip(axes.flat, drawn.items(), strict=False):
        unit = str(own["unit"].iloc[0])
        if _positive(own):
            if _wide(named[named["unit"] == unit]):
                ax.set_yscale("log")
            first = shared.setdefault(unit, ax)
            if first is not ax:
                ax.sharey(first)
        _draw(ax, own, colors or {}, title in ordered)
        ax.minorticks_off()
        ax.set_title(title, fontsize=8)
        ax.set_ylabel(unit, fontsize=8)
        theme.step_axis(ax, ticks=3, label="")
    for ax in list(axes.flat)[len(drawn) :]:
        ax.set_axis_off()
    figure.supxlabel("training step", fontsize=9)
    figure.supylabel("test loss", fontsize=9)
    return figure


def _drawn(table: DataFrame, panels: Panels) -> dict[str, DataFrame]:
    """Title -> rows, with their ``line``; a panel for each line where losses are of two kinds."""
    found: dict[str, DataFrame] = {}
    for title, names in panels.items():
        lines = [
            rows.assign(line=_called(name, setting, several))
            for run, name in names.items()
            for several in [table.loc[table["run"] == run, "setting"].nunique() > 1]
            for setting, rows in table[table["run"] == run].groupby("setting", sort=False)
        ]
        if len({_positive(rows) for rows in lines}) > 1:
            found |= {f"{title}, {rows['line'].iloc[0]}": rows for rows in lines}
        elif lines:
            found[title] = pd.concat(lines, ignore_index=True)
    return found


def _called(name: str, setting: str, several: bool) -> str:
    """A line goes by its run, and by its setting where that alone tells it from others."""
    return ", ".join(filter(None, (name, setting if several or not name else "")))


def _draw(ax: Axes, own: DataFrame, colors: Mapping[str, str], ordered: bool) -> None:
    lines = list(own.groupby("line", sort=False))
    for (name, networks), look in zip(lines, _looks(own, colors, ordered), strict=True):
        for place, (_, network) in enumerate(networks.groupby(["run", "member"])):
            label = name if place == 0 else None
            ax.plot(network["step"], network["test_loss"], lw=1, label=label, **look)
    if len(lines) > 1:
        ax.legend(fontsize=7, handlelength=1.4, loc="upper left", bbox_to_anchor=(1, 1))


def _looks(own: DataFrame, colors: Mapping[str, str], ordered: bool) -> Iterator[dict[str, Any]]:
    """The look of every line, in the order in which they come."""
    runs = own.groupby("line", sort=False)["run"].first()
    if ordered:
        yield from ({"color": color} for color in theme.ordered(len(runs)))
        return
    others = cycle(theme.CATEGORIES)
    for run, place in zip(runs, runs.groupby(runs).cumcount(), strict=True):
        if run in colors:
            yield {"color": colors[run], "ls": DASHES[place % len(DASHES)]}
        else:
            yield {"color": next(others)}


def _positive(rows: DataFrame) -> bool:
    return bool((rows["test_loss"].dropna() > 0).all())


def _wide(rows: DataFrame) -> bool:
    """Whether positive losses differ much."""
    losses = rows.loc[rows["test_loss"] > 0, "test_loss"]
    return bool(losses.max() >= LOG_FROM * losses.min())


def _setting(label: str, names: Mapping[str, str]) -> str:
    """``seed=0.0 dense=0.5`` as ``dense 0.5``: what tells networks apart, but for the seed."""
    axes = dict(part.split("=", 1) for part in re.split(r" (?=\w+=)", label) if "=" in part)
    words = (
        f"{names.get(name, name.replace('_', ' '))} {value.removesuffix('.0')}"
        for name, value in axes.items()
        if name != "seed"
    )
    return ", ".join(words)
