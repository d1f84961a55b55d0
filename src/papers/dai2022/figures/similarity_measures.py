"""One measure of similarity over tasks, with its baselines and controls."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    LABEL0,
    Look,
    legend_above,
    paper_label,
    published,
    say_materials,
    series,
    zero,
)
from reprise.plotting import theme


def draw_measure(
    tables: Mapping[str, DataFrame], looks: Mapping[str, Look], reference: str, label: str
) -> Figure:
    """Every task with one mark per measure or control in ``looks``, the published ones behind."""
    figure, ax = theme.figure("wide", 3.6)
    series(ax, _rows(tables), "measure", looks, published(tables, reference), width=0.72)
    ax.set_ylabel(label)
    zero(ax)
    finish(figure, ax)
    say_materials(figure, tables)
    return figure


def _rows(tables: Mapping[str, DataFrame]) -> DataFrame:
    """Rows of ``similarity``, and of the controls under ``<measure> <comparison>``."""
    own = [tables["similarity"]]
    if "controls" in tables:
        table = tables["controls"]
        other = table[table["comparison"] != "main"]
        own.append(other.assign(measure=other["measure"] + " " + other["comparison"]))
    rows = pd.concat(own, ignore_index=True)
    return rows[rows["position"] == LABEL0]


def finish(figure: Figure, ax: Axes) -> None:
    """Add the legend of all marks above the axes."""
    paper_label(ax)
    legend_above(figure, [ax], columns=4)
