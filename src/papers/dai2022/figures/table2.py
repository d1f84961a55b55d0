"""Table 2: what finetuning corrects and in-context learning corrects, too."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid


def recovery_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 2: Rec2FTP, the base recall and their difference."""
    rows = {
        "rec2ftp": ("Rec2FTP", ".1f"),
        "base_recall": ("+base recall", ".1f"),
        "above_base": ("+difference", ".1f"),
        "corrected": ("+corrected by FT", ".0f"),
    }
    note = (
        "brackets: 95 % interval; grey: the paper, 1.3B / 2.7B "
        "(of the base recall: the least that its Table 1 implies)"
    )
    pale = "too few queries for an interval"
    return grid.of_tasks(tables["paper_table2"], rows, tables, note=note, pale=pale)
