"""The same measures at both positions where networks can be recorded."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    FT,
    Look,
    legend_above,
    paper_label,
    published,
    say_materials,
    series,
    zero,
)
from reprise.plotting import theme

POSITIONS = {
    "label0": Look("at the first label's token, as published", FT),
    "prompt_end": Look("at the prompt's end, as described", FT, "D", hollow=True),
}
PANELS = {
    "simaou": ("SimAOU", "table3"),
    "simam_after": ("SimAM after finetuning", "table4"),
    "simam_delta": ("SimAM of changes", ""),
    "kendall": ("Kendall's τ", "table5"),
}


def positions(tables: Mapping[str, DataFrame]) -> Figure:
    """A panel per measure, both positions side by side for every task."""
    table = tables["similarity"]
    figure, axes = theme.figure("wide", 4.6, nrows=2, ncols=2)
    for ax, (measure, (title, reference)) in zip(axes.flat, PANELS.items(), strict=True):
        paper = published(tables, reference)
        paper = paper[paper["row"] == measure].assign(row="label0")
        own = table[table["measure"] == measure]
        series(ax, own, "position", POSITIONS, paper, width=0.5)
        ax.set_title(title)
        ax.tick_params(axis="x", labelsize=7)
        zero(ax)
    paper_label(axes[0, 0])
    legend_above(figure, axes.flat)
    say_materials(figure, tables)
    return figure
