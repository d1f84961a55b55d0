"""Table 6: perplexity of language models with and without momentum attention."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid
from papers.dai2022.figures.common import say_networks
from papers.dai2022.figures.momentum_rows import NOTE, known_columns, model_rows

LENGTHS = {
    "train": "training text",
    "quarter": "quarter length",
    "half": "half length",
    "full": "full length",
}


def perplexity_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 6: perplexity on training text and on held-out text of three lengths."""
    table = tables["paper_table6"]
    rows, columns = model_rows(table, "drop", ".2f"), known_columns(table, LENGTHS)
    figure = grid.draw(table, rows, columns, note=NOTE)
    say_networks(figure, tables)
    return figure
