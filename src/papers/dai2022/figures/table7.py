"""Table 7: few-shot accuracy of language models with and without momentum attention."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid
from papers.dai2022.figures.common import TASKS
from papers.dai2022.figures.momentum_rows import NOTE, known_columns, model_rows


def few_shot_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 7: few-shot accuracy."""
    table = tables["paper_table7"]
    return grid.draw(
        table, model_rows(table, "gain", ".1f"), known_columns(table, TASKS), note=NOTE
    )
