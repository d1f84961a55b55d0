"""F25: weights of the network that generalises again."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.small_networks import heatmap_panels


def two_phase_weights(tables: Mapping[str, DataFrame]) -> Figure:
    """F25: W_input and W_output at several steps, periodic throughout."""
    return heatmap_panels(tables["gmg_weights"])
