"""Rec2FTP over tasks, with its baselines."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    FT,
    ICL,
    MEAN,
    TASKS,
    ZSL,
    Look,
    published,
    say_materials,
    series,
)
from papers.dai2022.figures.similarity_measures import finish
from reprise.plotting import theme

RECOVERY = {
    "rec2ftp": Look("Rec2FTP", FT),
    "base_recall": Look("base recall", ZSL, "s", hollow=True),
    "second_rec2ftp": Look("Rec2FTP, other demonstrations", ICL, "D", hollow=True),
    "second_covered": Look("of what those correct", ICL, "D"),
}


def recovery(tables: Mapping[str, DataFrame]) -> Figure:
    """Rec2FTP beside what the base recall and another seed reach; counts below the axis."""
    table = tables["recovery"]
    raw = table[table["scoring"] == "raw"].rename(columns={"quantity": "measure"})
    figure, ax = theme.figure("wide", 3.4)
    rows = raw[raw["measure"].isin(RECOVERY)]
    series(ax, rows, "measure", RECOVERY, published(tables, "table2"))
    ax.set(ylabel="right in context (%)", ylim=(0, 105))
    counts = raw[raw["measure"] == "corrected"].set_index("task")["value"]
    known = [task for task in TASKS if task in set(raw["task"])]
    names = [
        TASKS[task] if task == MEAN else f"{TASKS[task]}\nn = {counts.get(task, 0):.0f}"
        for task in known
    ]
    ax.set_xticks(range(len(known)), names)
    finish(figure, ax)
    say_materials(figure, tables)
    return figure
