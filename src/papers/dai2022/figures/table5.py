"""Table 5: how alike both rank the tokens of demonstrations."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid


def kendall_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 5: Kendall's tau, with random numbers and a rate of 0."""
    rows = {
        "kendall_random": ("τ (ICL, random)", ".3f"),
        "kendall": ("τ (ICL, FT)", ".3f"),
        "kendall_rate0": ("+learning rate 0", ".3f"),
    }
    return grid.of_tasks(tables["paper_table5"], rows, tables)
