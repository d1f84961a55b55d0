"""SimAM over tasks, with its baselines and controls."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    CONTROL,
    FT,
    MEASURE,
    ZSL,
    Look,
)
from papers.dai2022.figures.similarity_measures import draw_measure

SIMAM = {
    "simam_before": Look("before finetuning", ZSL, "s"),
    "simam_after": Look("after finetuning", FT),
    "simam_delta": Look("of changes", MEASURE, "D"),
    "simam_delta untrained": Look("of changes, untrained layers", CONTROL, "^", hollow=True),
}


def simam(tables: Mapping[str, DataFrame]) -> Figure:
    """SimAM before and after finetuning, and of changes."""
    return draw_measure(tables, SIMAM, "table4", "SimAM")
