"""Learning curves of every network of a paper."""

import re
from collections.abc import Mapping
from itertools import cycle

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

Panels = Mapping[str, Mapping[str, str]]
"""Title of a panel -> its runs -> what they are called there."""

COLUMNS = 2


def learning_curve_figure(table: DataFrame, panels: Panels) -> Figure:
    """Test loss of ``table`` against the step: a line per network, a colour per run and setting.

    Seeds share a colour. Losses that are positive throughout share one logarithmic axis; others
    (negative log densities) have a linear one of their own. Runs that were not made are left out.
    """
    drawn = _drawn(table.assign(setting=table["label"].map(_setting)), panels)
    rows = -(-len(drawn) // COLUMNS)
    figure, axes = theme.figure("wide", 1.6 * rows, nrows=rows, ncols=COLUMNS, squeeze=False)
    shared: Axes | None = None
    for ax, (title, own) in zip(axes.flat, drawn.items(), strict=False):
        if _positive(own):
            ax.set_yscale("log")
            if shared is not None:
                ax.sharey(shared)
            shared = shared or ax
        _draw(ax, own)
        ax.minorticks_off()
        ax.set_title(title, fontsize=8)
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
            rows.assign(line=", ".join(filter(None, (name, several and setting))))
            for run, name in names.items()
            for several in [table.loc[table["run"] == run, "setting"].nunique() > 1]
            for setting, rows in table[table["run"] == run].groupby("setting", sort=False)
        ]
        if len({_positive(rows) for rows in lines}) > 1:
            found |= {f"{title}, {rows['line'].iloc[0]}": rows for rows in lines}
        elif lines:
            found[title] = pd.concat(lines, ignore_index=True)
    return found


def _draw(ax: Axes, own: DataFrame) -> None:
    lines = list(own.groupby("line", sort=False))
    for (name, networks), color in zip(lines, cycle(theme.CATEGORIES)):
        for place, (_, network) in enumerate(networks.groupby(["run", "member"])):
            label = name if place == 0 else None
            ax.plot(network["step"], network["test_loss"], color=color, lw=1, label=label)
    if len(lines) > 1:
        ax.legend(fontsize=7, handlelength=1, loc="upper left", bbox_to_anchor=(1, 1))


def _positive(rows: DataFrame) -> bool:
    return bool((rows["test_loss"].dropna() > 0).all())


def _setting(label: str) -> str:
    """``seed=0.0 dense=0.5`` as ``dense 0.5``: what tells networks apart, but for the seed."""
    axes = dict(part.split("=", 1) for part in re.split(r" (?=\w+=)", label) if "=" in part)
    words = (
        f"{name.replace('_', ' ')} {value.removesuffix('.0')}"
        for name, value in axes.items()
        if name != "seed"
    )
    return ", ".join(words)
