"""SimAOU over tasks, with its baselines and controls."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    CONTROL,
    FT,
    NULL,
    Look,
)
from papers.dai2022.figures.similarity_measures import draw_measure

SIMAOU = {
    "simaou": Look("SimAOU (ΔFT)", FT),
    "simaou_raw": Look("not normalised", FT, "o", hollow=True),
    "simaou untrained": Look("untrained layers", CONTROL, "^", hollow=True),
    "simaou_raw untrained": Look("untrained layers, not normalised", CONTROL, "v", hollow=True),
    "simaou_random": Look("uniform random Δ", NULL, "s"),
    "simaou_gaussian": Look("Gaussian random Δ", NULL, "D", hollow=True),
}


def simaou(tables: Mapping[str, DataFrame]) -> Figure:
    """SimAOU, normalised and not, beside random directions and an untrained network."""
    return draw_measure(tables, SIMAOU, "table3", "SimAOU")
