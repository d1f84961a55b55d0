"""Figure 23: what the first layer depends on, along training, for nonlinear systems."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.sensitivity import sensitivity_panels


def fig23(tables: Mapping[str, DataFrame]) -> Figure:
    """Sensitivity to the last observations, a panel per network."""
    return sensitivity_panels(tables, "nonlinear_sensitivity", "fig23")
