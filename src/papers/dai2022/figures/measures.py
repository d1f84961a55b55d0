"""Each measure of similarity over tasks, with its baselines and controls."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    CONTROL,
    FT,
    ICL,
    LABEL0,
    MEAN,
    NULL,
    OTHER,
    TASKS,
    Look,
    legend_above,
    paper_label,
    published,
    series,
    zero,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]

SIMAOU = {
    "simaou": Look("SimAOU (ΔFT)", FT),
    "simaou_raw": Look("not normalised", FT, "o", hollow=True),
    "simaou untrained": Look("untrained network", CONTROL, "^", hollow=True),
    "simaou_raw untrained": Look("untrained, not normalised", CONTROL, "v", hollow=True),
    "simaou_random": Look("uniform random Δ", NULL, "s"),
    "simaou_gaussian": Look("Gaussian random Δ", NULL, "D", hollow=True),
}
SIMAM = {
    "simam_before": Look("before finetuning", theme.CATEGORIES[6], "s"),
    "simam_after": Look("after finetuning", FT),
    "simam_delta": Look("of changes", ICL, "D"),
    "simam_delta untrained": Look("of changes, untrained network", CONTROL, "^", hollow=True),
}
KENDALL = {
    "kendall": Look("τ (ICL, FT)", FT),
    "kendall_rate0": Look("learning rate 0", FT, "o", hollow=True),
    "kendall_position": Look("token position alone", OTHER, "v", hollow=True),
    "kendall_examples": Look("τ over examples", ICL, "D"),
    "kendall untrained": Look("untrained network", CONTROL, "^", hollow=True),
    "kendall_random": Look("random numbers", NULL, "s"),
}
RECOVERY = {
    "rec2ftp": Look("Rec2FTP", FT),
    "base_recall": Look("base recall", theme.CATEGORIES[6], "s", hollow=True),
    "second_rec2ftp": Look("Rec2FTP, other demonstrations", ICL, "D", hollow=True),
    "second_covered": Look("of what those correct", ICL, "D"),
}


def simaou(tables: Tables) -> Figure:
    """SimAOU, normalised and not, beside random directions and an untrained network."""
    return _one(tables, SIMAOU, "table3", "SimAOU")


def simam(tables: Tables) -> Figure:
    """SimAM before and after finetuning, and of changes."""
    return _one(tables, SIMAM, "table4", "SimAM")


def kendall(tables: Tables) -> Figure:
    """Kendall's tau, beside a learning rate of 0, positions alone and random numbers."""
    return _one(tables, KENDALL, "table5", "Kendall's τ")


def recovery(tables: Tables) -> Figure:
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
    _finish(figure, ax)
    return figure


def _one(tables: Tables, looks: Mapping[str, Look], reference: str, label: str) -> Figure:
    figure, ax = theme.figure("wide", 3.6)
    series(ax, _rows(tables), "measure", looks, published(tables, reference), width=0.72)
    ax.set_ylabel(label)
    zero(ax)
    _finish(figure, ax)
    return figure


def _rows(tables: Tables) -> DataFrame:
    """Rows of ``similarity``, and of the controls under ``<measure> <comparison>``."""
    own = [tables["similarity"]]
    if "controls" in tables:
        table = tables["controls"]
        other = table[table["comparison"] != "main"]
        own.append(other.assign(measure=other["measure"] + " " + other["comparison"]))
    rows = pd.concat(own, ignore_index=True)
    return rows[rows["position"] == LABEL0]


def _finish(figure: Figure, ax: Axes) -> None:
    paper_label(ax)
    legend_above(figure, [ax], columns=4)
