"""Kendall's tau over tasks, with its baselines and controls."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    CONTROL,
    FT,
    MEASURE,
    NULL,
    OTHER,
    Look,
)
from papers.dai2022.figures.similarity_measures import draw_measure

KENDALL = {
    "kendall": Look("τ (ICL, FT)", FT),
    "kendall_rate0": Look("learning rate 0", FT, "o", hollow=True),
    "kendall_position": Look("token position alone", OTHER, "v", hollow=True),
    "kendall_examples": Look("τ over examples", MEASURE, "D"),
    "kendall untrained": Look("untrained layers", CONTROL, "^", hollow=True),
    "kendall_random": Look("random numbers", NULL, "s"),
}


def kendall(tables: Mapping[str, DataFrame]) -> Figure:
    """Kendall's tau, beside a learning rate of 0, positions alone and random numbers."""
    return draw_measure(tables, KENDALL, "table5", "Kendall's τ")
