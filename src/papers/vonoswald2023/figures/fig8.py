"""Figure 8: few-shot regression by the network of softmax layers."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.few_shot import pair_panels


def fig8(tables: Mapping[str, DataFrame]) -> Figure:
    """Losses by pairs seen before, for one and for two tasks."""
    return pair_panels(tables["few_shot_losses"], "softmax")
