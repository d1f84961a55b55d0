"""F23: weights of the network that memorises later."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.small_networks import heatmap_panels


def reverse_weights(tables: Mapping[str, DataFrame]) -> Figure:
    """F23: W_input and W_output at several steps, periodic though memorising."""
    return heatmap_panels(tables["reverse_weights"])
