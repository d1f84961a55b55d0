"""Table 3: how alike both change the outputs of attention."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid
from papers.dai2022.figures.common import LABEL0


def simaou_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 3: SimAOU, with random directions, not normalised, and of untrained layers."""
    rows = {
        "simaou_random": ("SimAOU (random Δ)", ".3f"),
        "simaou": ("SimAOU (ΔFT)", ".3f"),
        "simaou_raw": ("+not normalised", ".3f"),
        "untrained": ("+untrained layers", ".3f"),
    }
    return grid.of_tasks(_rows(tables), rows, tables)


def _rows(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The cells of the table, and SimAOU of a network whose layers are untrained."""
    table = tables["controls"]
    where = {"comparison": "untrained", "measure": "simaou", "position": LABEL0}
    for column, value in where.items():
        table = table[table[column] == value]
    own = table.rename(columns={"task": "column"}).assign(row="untrained")
    return pd.concat([tables["paper_table3"], own], ignore_index=True)
