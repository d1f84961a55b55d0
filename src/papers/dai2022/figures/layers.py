"""Similarity over depth."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    FT,
    LABEL0,
    MEAN,
    PAPER,
    TASKS,
    legend_above,
    published,
    say_materials,
    zero,
)
from reprise.plotting import theme

END = "mean, at the prompt's end"
RERUN = "re-run of the released code, 1.3B"
PANELS = {
    "simaou": "SimAOU",
    "simaou_raw": "SimAOU, not normalised",
    "simam_delta": "SimAM of changes",
    "kendall": "Kendall's τ",
}


def layers(tables: Mapping[str, DataFrame]) -> Figure:
    """A panel per measure: tasks thin, their mean with its band, the re-run's curve dashed."""
    table = tables["layers"]
    known = published(tables, "layers")
    figure, axes = theme.figure("wide", 5.0, nrows=2, ncols=2, sharex=True)
    for ax, (measure, title) in zip(axes.flat, PANELS.items(), strict=True):
        own = table[table["measure"] == measure]
        _panel(ax, own)
        _reference(ax, known[known["measure"] == measure])
        ax.set_title(title)
        ax.set_xlim(0, 1)
        zero(ax)
    for ax in axes[1]:
        ax.set_xlabel("depth (first layer to last)")
    for ax in axes[:, 0]:
        ax.set_ylabel("mean over queries")
    legend_above(figure, axes.flat)
    say_materials(figure, tables)
    return figure


def _panel(ax: Axes, table: DataFrame) -> None:
    for third in (1 / 3, 2 / 3):
        ax.axvline(third, color=theme.MUTED, lw=0.6, ls=":")
    text = "a task"
    here = table[table["position"] == LABEL0]
    for task in TASKS:
        rows = here[here["task"] == task].sort_values("layer")
        if len(rows) and task != MEAN:
            ax.plot(rows["depth"], rows["value"], color=FT, lw=0.7, alpha=0.4, label=text)
            text = "_"
    rows = here[here["task"] == MEAN].sort_values("layer")
    theme.band(ax, rows["depth"], rows["low"], rows["high"], FT, alpha=0.3)
    ax.plot(rows["depth"], rows["value"], color=FT, lw=2, label="mean over tasks")
    end = table[(table["position"] != LABEL0) & (table["task"] == MEAN)].sort_values("layer")
    ax.plot(end["depth"], end["value"], color=FT, lw=1.1, ls="--", label=END)


def _reference(ax: Axes, rows: DataFrame) -> None:
    if len(rows):
        layer = rows["layer"].astype(float)
        depth = (layer - 1) / max(layer.max() - 1, 1)
        ax.plot(
            depth, rows["value"], color=PAPER, lw=1, marker="o", ms=2.8, mfc="white", label=RERUN
        )
