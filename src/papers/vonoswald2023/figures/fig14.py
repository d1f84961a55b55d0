"""Figure 14: heads of the first layer of the softmax network."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.attention_maps import heads_above_masses


def fig14(tables: Mapping[str, DataFrame]) -> Figure:
    """Every head, its map above its mass by distance."""
    return heads_above_masses(tables, "softmax7")
