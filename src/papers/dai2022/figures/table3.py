"""Table 3: how alike both change the outputs of attention."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid
from papers.dai2022.figures.common import TASKS


def simaou_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 3: SimAOU, with random directions and not normalised."""
    rows = {
        "simaou_random": ("SimAOU (random Δ)", ".3f"),
        "simaou": ("SimAOU (ΔFT)", ".3f"),
        "simaou_raw": ("+not normalised", ".3f"),
    }
    return grid.draw(tables["paper_table3"], rows, TASKS)
