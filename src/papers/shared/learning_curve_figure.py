"""Learning curves of every network of a paper."""

import re
import textwrap
from collections.abc import Mapping
from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

COLUMNS = 4
TITLE_WIDTH = 20
"""Letters to a line of a panel's title."""


def learning_curve_figure(tables: Mapping[str, DataFrame]) -> Figure:
    """Test loss of the table ``losses`` against the step: a panel per run, a line per network.

    Settings have a colour each, seeds do not. Losses that are positive throughout share one
    logarithmic axis; others (negative log densities) have a linear one of their own.
    """
    table = tables["losses"]
    panels = _panels(table.assign(setting=table["label"].map(_setting)))
    rows = -(-len(panels) // COLUMNS)
    figure, axes = theme.figure("wide", 1.75 * rows, nrows=rows, ncols=COLUMNS, squeeze=False)
    shared: Axes | None = None
    for ax, (name, own) in zip(axes.flat, panels.items(), strict=False):
        if _positive(own):
            ax.set_yscale("log")
            if shared is not None:
                ax.sharey(shared)
            shared = shared or ax
        _draw(ax, own)
        ax.minorticks_off()
        ax.set_title(textwrap.fill(name, TITLE_WIDTH), fontsize=7.5)
        theme.step_axis(ax, ticks=3, label="")
    for ax in list(axes.flat)[len(panels) :]:
        ax.set_axis_off()
    figure.supxlabel("training step", fontsize=9)
    figure.supylabel("test loss", fontsize=9)
    return figure


def _draw(ax: Axes, own: DataFrame) -> None:
    settings = list(own.groupby("setting", sort=False))
    for (setting, members), color in zip(settings, cycle(theme.CATEGORIES)):
        for place, (_, member) in enumerate(members.groupby("member")):
            label = setting if place == 0 else None
            ax.plot(member["step"], member["test_loss"], color=color, lw=1, label=label)
    if len(settings) > 1:
        ax.legend(fontsize=6, handlelength=1, labelspacing=0.15, loc="upper right")


def _panels(table: DataFrame) -> dict[str, DataFrame]:
    """Title -> rows of a run; of each of its settings, where their losses are of two kinds."""
    panels: dict[str, DataFrame] = {}
    for run, own in table.groupby("run", sort=False):
        title = str(run).replace("_", " ")
        parts = dict(iter(own.groupby("setting", sort=False)))
        if len({_positive(part) for part in parts.values()}) == 1:
            panels[title] = own
        else:
            panels |= {f"{title}, {setting}": part for setting, part in parts.items()}
    return panels


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
