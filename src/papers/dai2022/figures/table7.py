"""Table 7: few-shot accuracy of language models with and without momentum attention."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid
from papers.dai2022.figures.common import MEAN, TASKS, say_networks, stand_ins
from papers.dai2022.figures.momentum_rows import NOTE, known_columns, model_rows


def few_shot_table(tables: Mapping[str, DataFrame]) -> Figure:
    """Table 7: few-shot accuracy, and what guessing reaches."""
    own = tables["paper_table7"].copy()
    # The paper's mean is over other tasks than ours.
    own.loc[own["column"] == MEAN, ["paper_small", "paper_large"]] = float("nan")
    rows = model_rows(own, "gain", ".1f") | {"chance": ("+guessing", ".1f")}
    columns = known_columns(own, TASKS)
    table = pd.concat([own, _chance(tables["sets"], columns)], ignore_index=True)
    pale = "the same accuracy in every run"
    figure = grid.draw(table, rows, columns, note=NOTE, under=stand_ins(tables), pale=pale)
    say_networks(figure, tables)
    return figure


def _chance(sets: DataFrame, columns: Mapping[str, str]) -> DataFrame:
    """Accuracy of a guess among the labels, of every task and of their mean."""
    labels = sets[sets["quantity"] == "labels"].set_index("task")["value"]
    chance = 100 / labels[[task for task in columns if task in labels.index]]
    chance[MEAN] = chance.mean()
    return DataFrame({"row": "chance", "column": chance.index, "value": chance.to_numpy()})
