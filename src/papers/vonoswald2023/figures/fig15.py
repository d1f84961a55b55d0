"""Figure 15: heads of the softmax layer below a mesa-layer."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.attention_maps import heads_above_masses


def fig15(tables: Mapping[str, DataFrame]) -> Figure:
    """Every head, its map above its mass by distance."""
    return heads_above_masses(tables, "hybrid")
