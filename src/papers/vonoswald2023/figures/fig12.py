"""Figure 12: linear networks on one system for all sequences, the negative control."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.linear_systems import system_panels, system_weights


def fig12(tables: Mapping[str, DataFrame]) -> Figure:
    """Losses (A), probes (B) and depths (C)."""
    return system_panels(tables, "fixed")


def fig12d(tables: Mapping[str, DataFrame]) -> Figure:
    """Weights of one layer."""
    return system_weights(tables, "fixed")
