"""Table 4: how alike both make attention."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid


def simam_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 4: SimAM before and after finetuning, and of changes."""
    rows = {
        "simam_before": ("SimAM (before FT)", ".3f"),
        "simam_after": ("SimAM (after FT)", ".3f"),
        "simam_delta": ("+SimAM of changes", ".3f"),
    }
    return grid.of_tasks(tables["paper_table4"], rows, tables)
