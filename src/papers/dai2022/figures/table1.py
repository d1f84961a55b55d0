"""Table 1: accuracy without demonstrations, after finetuning and in context."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid


def accuracy_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 1: numbers of queries and labels, and accuracy."""
    rows = {
        "queries": ("queries", ",.0f"),
        "labels": ("labels", ".0f"),
        "zsl": ("ZSL accuracy", ".1f"),
        "ft": ("FT accuracy", ".1f"),
        "icl": ("ICL accuracy", ".1f"),
    }
    return grid.of_tasks(tables["paper_table1"], rows, tables)
