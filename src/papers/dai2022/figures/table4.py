"""Table 4: how alike both make attention."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid
from papers.dai2022.figures.common import TASKS, say_materials, stand_ins


def simam_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 4: SimAM before and after finetuning, and of changes."""
    rows = {
        "simam_before": ("SimAM (before FT)", ".3f"),
        "simam_after": ("SimAM (after FT)", ".3f"),
        "simam_delta": ("+SimAM of changes", ".3f"),
    }
    figure = grid.draw(tables["paper_table4"], rows, TASKS, under=stand_ins(tables))
    say_materials(figure, tables, texts=False)
    return figure
