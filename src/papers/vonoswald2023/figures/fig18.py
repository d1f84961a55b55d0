"""Figure 18: few-shot regression by the network of one softmax and one mesa-layer."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.few_shot import pair_panels


def fig18(tables: Mapping[str, DataFrame]) -> Figure:
    """Losses by pairs seen before, for one and for two tasks."""
    return pair_panels(tables["few_shot_losses"], "hybrid")
