"""Tables 1 to 7 in the paper's own layout, ours beside its numbers."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid
from papers.dai2022.figures.common import TASKS

Tables = Mapping[str, DataFrame]


def accuracy(tables: Tables) -> Figure:
    """Table 1."""
    rows = {
        "queries": ("queries", ",.0f"),
        "labels": ("labels", ".0f"),
        "zsl": ("ZSL accuracy", ".1f"),
        "ft": ("FT accuracy", ".1f"),
        "icl": ("ICL accuracy", ".1f"),
    }
    return grid.draw(tables["paper_table1"], rows, TASKS)


def recovery(tables: Tables) -> Figure:
    """Table 2."""
    rows = {
        "rec2ftp": ("Rec2FTP", ".1f"),
        "base_recall": ("+base recall", ".1f"),
        "above_base": ("+difference", ".1f"),
        "corrected": ("+corrected by FT", ".0f"),
    }
    note = (
        "small: 95 % interval; grey: the paper, 1.3B / 2.7B "
        "(of the base recall: the least that its Table 1 implies)"
    )
    return grid.draw(tables["paper_table2"], rows, TASKS, note=note)


def simaou(tables: Tables) -> Figure:
    """Table 3."""
    rows = {
        "simaou_random": ("SimAOU (random Δ)", ".3f"),
        "simaou": ("SimAOU (ΔFT)", ".3f"),
        "simaou_raw": ("+not normalised", ".3f"),
    }
    return grid.draw(tables["paper_table3"], rows, TASKS)


def simam(tables: Tables) -> Figure:
    """Table 4."""
    rows = {
        "simam_before": ("SimAM (before FT)", ".3f"),
        "simam_after": ("SimAM (after FT)", ".3f"),
        "simam_delta": ("+SimAM of changes", ".3f"),
    }
    return grid.draw(tables["paper_table4"], rows, TASKS)


def kendall(tables: Tables) -> Figure:
    """Table 5."""
    rows = {
        "kendall_random": ("τ (ICL, random)", ".3f"),
        "kendall": ("τ (ICL, FT)", ".3f"),
        "kendall_rate0": ("+learning rate 0", ".3f"),
    }
    return grid.draw(tables["paper_table5"], rows, TASKS)
